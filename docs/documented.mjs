// Everything with a name of its own must be documented: TypeDoc's own check is off, and this one takes its place. What has no name may speak for
// itself: the members of a type that is written or inferred in place (`{ weight, bias }`, the parts of a layer), what stands in a parameter, and
// what is inherited from the language: an error's message, the methods of an iterator.
import { Converter, ReflectionKind } from "typedoc";

const { CallSignature, Class, Enum, EnumMember, Function: Func, Interface, Method, Parameter, Property, TypeAlias, TypeLiteral, Variable } = ReflectionKind;
const named = Class | Enum | EnumMember | Func | Interface | Method | Property | TypeAlias | Variable | ReflectionKind.Accessor;

/** All that it stands in, from the inside out. @param {import("typedoc").Reflection} reflection */
function* around(reflection) {
  for (let at = reflection.parent; at; at = at.parent) yield at;
}

/** May it speak for itself? @param {import("typedoc").Reflection} reflection */
function nameless(reflection) {
  if (reflection.flags.isInherited || reflection.name.startsWith("[") || ("overwrites" in reflection && reflection.overwrites)) return true;
  return [...around(reflection)].some((at) => at.kindOf(Parameter | CallSignature) || (at.kindOf(TypeLiteral) && !at.parent?.kindOf(TypeAlias)));
}

/** Does it have a comment, or a signature that has one? @param {import("typedoc").Reflection} reflection */
function documented(reflection) {
  const { signatures = [], getSignature, setSignature } = /** @type {import("typedoc").DeclarationReflection} */ (reflection);
  return [reflection, ...signatures, getSignature, setSignature].some((at) => at?.hasComment());
}

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const reflection of Object.values(project.reflections)) {
      if (!reflection.kindOf(named) || nameless(reflection) || documented(reflection)) continue;
      app.logger.warn(`${reflection.getFriendlyFullName()} (${ReflectionKind.singularString(reflection.kind)}) does not have any documentation`);
    }
  });
}
