/** The ways out of the page: the clipboard, and a file. */

import { say } from '../language';
import { inWindow, save } from '../tauri';

/** What can be put on the clipboard from here. A browser lets pages do that only where nobody listens on the way. */
export function copies(): { text: boolean; image: boolean } {
  const board = window.isSecureContext ? (navigator.clipboard as Clipboard | undefined) : undefined;
  const item = 'ClipboardItem' in window ? ClipboardItem : null;
  const image = typeof board?.write === 'function' && item !== null && (item.supports?.('image/png') ?? true);
  return { text: typeof board?.writeText === 'function', image };
}

/** Puts a text on the clipboard. */
export async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}

/** Puts a picture on the clipboard. It may still be on its way: a browser wants to be asked while the click is fresh. */
export async function copyImage(picture: Promise<Blob>): Promise<void> {
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
}

/** Saves a file; what became of it, in a sentence. */
export async function saveFile(name: string, content: Blob): Promise<string> {
  if (inWindow()) {
    const path = await save(name, new Uint8Array(await content.arrayBuffer()));
    return say('Saved as {path}.', { path });
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after the click, and holds what it reads.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return say('{name} is with this browser’s downloads.', { name });
}
