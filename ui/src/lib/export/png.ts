/** An SVG as PNG, drawn by the browser itself, twice as large: sharp also where pixels are small. */

import { say } from '../language';
import type { Drawing } from './svg';

const RATIO = 2;

/** The picture of a drawing. */
export async function png({ svg, width, height }: Drawing): Promise<Blob> {
  const image = new Image(width, height);
  // As data: the policy of the pages lets images come from nowhere else but from here and from the pages' own server.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * RATIO, height * RATIO];
  const brush = canvas.getContext('2d');
  brush?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!brush || !blob) throw new Error(say('This browser could not draw the picture. SVG and CSV can still be saved.'));
  return blob;
}
