/** Sentences whose numbers lead to their evidence, with everything where the language of the page puts it. */

import type { Piece } from './headline';

/** A text whose places are not filled yet, `say('{gpu} is {share} busy')`, with what stands in them. */
export function pieced(text: string, places: Readonly<Record<string, string | Piece | readonly Piece[]>>): Piece[] {
  const all = text.split(/\{(\w+)\}/).flatMap((part, at): readonly Piece[] => {
    const place = at % 2 === 0 ? part : (places[part] ?? `{${part}}`);
    if (typeof place !== 'string') return 'text' in place ? [place] : place;
    return place === '' ? [] : [{ text: place }];
  });
  return all.reduce<Piece[]>((joined, piece) => {
    const before = joined.at(-1);
    if (before && isPlain(before) && isPlain(piece)) joined[joined.length - 1] = { text: before.text + piece.text };
    else joined.push(piece);
    return joined;
  }, []);
}

function isPlain({ metric, tone, after }: Piece): boolean {
  return metric === undefined && tone === undefined && after === undefined;
}
