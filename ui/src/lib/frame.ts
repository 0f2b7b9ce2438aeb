/** The first frame of a page: what a person came for is drawn in it, and the rest at once after it. */

/** Calls back once what is drawn now is seen. Answers what takes that back. */
export function afterFrame(then: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const frame = requestAnimationFrame(() => (timer = setTimeout(then)));
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
