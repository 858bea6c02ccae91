import type { Language, Rule } from "./language.ts";

/**
 * Tells which languages have a text at all: a rule that needs itself in each of its texts has none. What has none is left out where there is a
 * choice, so that no text is begun which can't be ended.
 */
export function productiveIn(root: Language): (language: Language) => boolean {
  const rules = rulesOf(root);
  const ending = new Set<Rule>();
  const productive = (language: Language): boolean => {
    switch (language.kind) {
      case "characters":
        return language.ranges.length > 0;
      case "sequence":
        return language.parts.every(productive);
      case "either":
        return language.parts.some(productive);
      case "repeat":
        return language.least === 0 || productive(language.part);
      case "ruled":
        return ending.has(language.rule);
    }
  };
  for (let before = -1; before < ending.size; ) {
    before = ending.size;
    for (const rule of rules) if (!ending.has(rule) && productive(rule.language())) ending.add(rule);
  }
  const known = new Map<Language, boolean>();
  return (language) => {
    const answer = known.get(language) ?? productive(language);
    known.set(language, answer);
    return answer;
  };
}

/** All rules that a language comes upon. */
function rulesOf(root: Language): Set<Rule> {
  const rules = new Set<Rule>();
  const visit = (language: Language): void => {
    if (language.kind === "sequence" || language.kind === "either") for (const part of language.parts) visit(part);
    if (language.kind === "repeat") visit(language.part);
    if (language.kind === "ruled") rules.add(language.rule);
  };
  visit(root);
  // a set grows while it is walked
  for (const rule of rules) visit(rule.language());
  return rules;
}
