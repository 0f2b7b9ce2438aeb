/** Colours for a canvas, which does not follow style sheets by itself. */

/** What makes the CSS colours of an element's place into colours of a canvas. `probe` is an element that nobody sees. */
export function inkOf(probe: HTMLElement): (color: string, alpha?: number) => string {
  const known = new Map<string, string>();
  // Where colours are a person's own, every text has the same: lines would then be of one colour.
  probe.style.setProperty('forced-color-adjust', 'none');
  return (color, alpha = 1) => {
    const key = `${color} ${alpha}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    probe.style.color = color;
    const [r = 0, g = 0, b = 0] =
      getComputedStyle(probe)
        .color.match(/[\d.]+/g)
        ?.map(Number) ?? [];
    const ink = `rgba(${r}, ${g}, ${b}, ${alpha})`;
    known.set(key, ink);
    return ink;
  };
}

/** Where a person's own few colours are those of the page. */
const FORCED = '(forced-colors: active)';

/**
 * The lines behind what a chart shows. Where colours are a person's own, a border is as strong as text: most of it is
 * taken from them here, so that they stay behind.
 */
export function gridOf(ink: (color: string, alpha?: number) => string): string {
  return ink('var(--hair)', matchMedia(FORCED).matches ? 0.25 : 1);
}

/** What the colours of the page depend on. */
const THEMES = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', FORCED];

/** Calls back when the desktop turns light or dark, or its contrast changes. Answers what ends that. */
export function onTheme(turn: () => void): () => void {
  const all = THEMES.map((theme) => matchMedia(theme));
  for (const one of all) one.addEventListener('change', turn);
  return () => all.forEach((one) => one.removeEventListener('change', turn));
}

/** Slanted lines, which say without a colour that this is no value. */
export function hatch(ctx: CanvasRenderingContext2D, ink: string, apart: number): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = tile.height = apart;
  const brush = tile.getContext('2d');
  if (!brush) return ink;
  brush.strokeStyle = ink;
  brush.lineWidth = Math.max(1, apart / 8);
  brush.beginPath();
  for (const from of [-apart, 0, apart]) {
    brush.moveTo(from, apart);
    brush.lineTo(from + apart, 0);
  }
  brush.stroke();
  return ctx.createPattern(tile, 'repeat') ?? ink;
}
