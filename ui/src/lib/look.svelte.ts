/** How a person wants to see the pages, on this machine: in which unit of temperature, and light or dark. */

import { keep, kept } from './keep';

const PLACE = 'look';

export const TEMPERATURES = ['°C', '°F'] as const;
export const THEMES = ['system', 'light', 'dark'] as const;

export type Temperature = (typeof TEMPERATURES)[number];
export type Theme = (typeof THEMES)[number];

/** What was chosen; it is kept where the pages are shown, and nowhere else. */
class Look {
  #temperature: Temperature = $state('°C');
  #theme: Theme = $state('system');

  constructor() {
    this.read();
  }

  get temperature(): Temperature {
    return this.#temperature;
  }

  set temperature(temperature: Temperature) {
    this.#temperature = temperature;
    this.#keep();
  }

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    this.#show();
    this.#keep();
  }

  /** Takes what was kept. */
  read(): void {
    // Whatever else stands there has neither.
    const chosen = Object(kept(PLACE)) as Record<string, unknown>;
    this.#temperature = TEMPERATURES.find((one) => one === chosen['temperature']) ?? '°C';
    this.#theme = THEMES.find((one) => one === chosen['theme']) ?? 'system';
    this.#show();
  }

  #show(): void {
    document.documentElement.style.colorScheme = this.#theme === 'system' ? '' : this.#theme;
  }

  #keep(): void {
    keep(PLACE, { temperature: this.#temperature, theme: this.#theme });
  }
}

export const look = new Look();
