import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeUtf8 } from "@ashlar/text";
import { CliError } from "../console/error.ts";

/** Rows to learn from, rows to be tested on, and where they come from. */
export interface Corpus<Row> {
  /** Rows to learn from. */
  readonly train: readonly Row[];
  /** Rows that training never sees. */
  readonly valid: readonly Row[];
  /** Which text this is, in a few words. */
  readonly source: string;
}

/** A passage and the class it belongs to. */
export interface Labelled {
  /** The passage. */
  readonly text: string;
  /** The class' name. */
  readonly label: string;
}

/** Two texts that say the same. */
export interface Pair {
  /** What is read. */
  readonly source: string;
  /** What is to be written. */
  readonly target: string;
}

/** A definition, a sentence, and the part of the sentence that is defined. */
export interface SpanQuestion {
  /** The definition. */
  readonly question: string;
  /** The sentence. */
  readonly context: string;
  /** The part: `context.slice(start, end)`. */
  readonly answer: string;
  /** Where it begins, in UTF-16 units. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

const bundled = fileURLToPath(new URL("../../data/excerpts/", import.meta.url));

/** The folder of the full sets, which `scripts/data/fetch-data.sh` fills. */
function fetched(): string {
  return process.env.ASHLAR_DATA ?? join(homedir(), ".cache", "ashlar", "data");
}

/** A file as text. @throws CliError when it can't be read; TextError when it is not UTF-8. */
export function readText(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new CliError(`${path}: can't be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  return decodeUtf8(bytes, path);
}

/** The rows of a file with one JSON value a line. @throws CliError naming the line that is none. */
export function readRows<Row>(path: string): Row[] {
  return readText(path)
    .split("\n")
    .flatMap((line, index) => {
      if (line.trim() === "") return [];
      try {
        return [JSON.parse(line) as Row];
      } catch {
        throw new CliError(`${path}: line ${index + 1} is not JSON`);
      }
    });
}

/** How the rows of a bundled excerpt are parted. */
interface Parting<Row> {
  /** Every how-manyth group is kept for testing. */
  readonly every: number;
  /** Rows of one group stay together; each is its own unless said. */
  readonly group?: (row: Row) => string;
}

/** Parts rows into those to learn from and those to test on: groups are counted as they first appear, every so-manyth is held out. */
export function part<Row>(rows: readonly Row[], { every, group = (row) => JSON.stringify(row) }: Parting<Row>): Pick<Corpus<Row>, "train" | "valid"> {
  const groups = new Map([...new Set(rows.map(group))].map((name, index) => [name, index]));
  const heldOut = (row: Row): boolean => (groups.get(group(row)) as number) % every === 0;
  return { train: rows.filter((row) => !heldOut(row)), valid: rows.filter(heldOut) };
}

/** The full set where it was fetched, else the excerpt that comes along. */
function corpus<Row>(full: string, excerpt: string, about: string, parting: Parting<Row> = { every: 10 }): Corpus<Row> {
  const path = (split: string): string => join(fetched(), `${full}.${split}.jsonl`);
  if (existsSync(path("train")) && existsSync(path("valid")))
    return { train: readRows<Row>(path("train")), valid: readRows<Row>(path("valid")), source: `${about}, full set` };
  return { ...part(readRows<Row>(join(bundled, excerpt)), parting), source: `${about}, excerpt` };
}

const documents = (text: string): string[] =>
  text
    .split("<|endoftext|>")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** State of the Union addresses, whole. Of the twelve bundled ones, one is for testing. */
export function addresses(): Corpus<string> {
  const path = (split: string): string => join(fetched(), "lm", `sotu.${split}.txt`);
  const about = "State of the Union addresses";
  if (existsSync(path("train")) && existsSync(path("valid")))
    return { train: documents(readText(path("train"))), valid: documents(readText(path("valid"))), source: `${about}, full set` };
  const all = documents(readText(join(bundled, "sotu.txt")));
  return { train: all.slice(1), valid: all.slice(0, 1), source: `${about}, excerpt of ${all.length}` };
}

/** English and Spanish Bible verses (King James, Reina-Valera 1909). */
export function verses(): Corpus<Pair> {
  // some verses recur word for word: "And the word of the LORD came unto him, saying,"
  const parting = { every: 10, group: ({ en }: { readonly en: string }) => en };
  const { train, valid, source } = corpus<{ en: string; es: string }>("translate/en-es", "en-es.jsonl", "King James and Reina-Valera verses", parting);
  const pair = ({ en, es }: { en: string; es: string }): Pair => ({ source: en, target: es });
  return { train: train.map(pair), valid: valid.map(pair), source };
}

/** Passages to sort: mails as spam or ham where that set was fetched, else passages of addresses by their era. */
export function passages(): Corpus<Labelled> {
  if (existsSync(join(fetched(), "classify", "spam.train.jsonl"))) return corpus<Labelled>("classify/spam", "era.jsonl", "SpamAssassin mails: spam or ham");
  // a quarter is for testing: 60 passages would leave the accuracy uncertain by six points; passages of one address stay together
  const group = ({ address }: Labelled & { readonly address: string }): string => address;
  const { train, valid, source } = corpus("classify/era", "era.jsonl", "State of the Union passages by era", { every: 4, group });
  // a sentence may be said in two addresses
  const known = new Set(train.map(({ text }) => text));
  return { train, valid: valid.filter(({ text }) => !known.has(text)), source };
}

/** WordNet definitions and example sentences. */
export function definitions(): Corpus<SpanQuestion> {
  // several examples share a definition: they stay together, so that no definition is seen before
  return corpus<SpanQuestion>("span/wordnet", "wordnet-span.jsonl", "WordNet definitions and examples", { every: 5, group: ({ question }) => question });
}

/** Spellings and their phonemes (CMUdict). */
export function pronunciations(): Corpus<Pair> {
  return corpus<Pair>("seq2seq/cmudict", "cmudict.jsonl", "CMU pronouncing dictionary");
}
