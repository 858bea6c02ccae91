// Everything with a name of its own must be documented. What has none may speak for itself: the members of a type that
// is written or inferred in place (`{ weight, bias }`, the parts of a layer), and the `name` that an error class overrides.
import { Converter, ReflectionKind } from "typedoc";

/** Does it stand in a type literal that no alias names? @param {import("typedoc").Reflection} reflection */
function nameless(reflection) {
  for (let at = reflection.parent; at; at = at.parent) if (at.kindOf(ReflectionKind.TypeLiteral) && !at.parent?.kindOf(ReflectionKind.TypeAlias)) return true;
  return reflection.name === "name" && "overwrites" in reflection && String(reflection.overwrites).startsWith("Error.");
}

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const names = Object.values(project.reflections)
      .filter(nameless)
      .map((reflection) => reflection.getFriendlyFullName());
    const undocumented = new Set(names);
    app.options.setValue("intentionallyNotDocumented", [...undocumented]);
  });
}
