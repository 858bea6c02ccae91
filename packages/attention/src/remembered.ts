/** A function of how far a replay has moved on that keeps its last answer, of which several arrays are made. */
export function remembered<Answer>(make: (moved: number) => Answer): (moved: number) => Answer {
  let last: { readonly moved: number; readonly answer: Answer } | undefined;
  return (moved) => {
    if (last?.moved !== moved) last = { moved, answer: make(moved) };
    return last.answer;
  };
}
