/** How a person wants to see the pages, on this machine: in which unit of temperature, light or dark, and whether a digit is a key. */

import { keep, kept } from './keep';
import { say } from './language';

const PLACE = 'look';

export const TEMPERATURES = ['°C', '°F'] as const;
export const THEMES = ['system', 'light', 'dark'] as const;

export type Temperature = (typeof TEMPERATURES)[number];
export type Theme = (typeof THEMES)[number];

/** What a person calls a theme. */
export const THEME_NAMES: Readonly<Record<Theme, string>> = {
  system: say('As the desktop'),
  light: say('Light'),
  dark: say('Dark'),
};

/** What was chosen; it is kept where the pages are shown, and nowhere else. */
class Look {
  #temperature: Temperature = $state('°C');
  #theme: Theme = $state('system');
  #digits = $state(true);

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

  /** Whether a digit leads to a page. Who speaks what others type, or meets keys by accident, needs it off. */
  get digits(): boolean {
    return this.#digits;
  }

  set digits(digits: boolean) {
    this.#digits = digits;
    this.#keep();
  }

  /** Takes what was kept. */
  read(): void {
    // Whatever else stands there has none of them.
    const chosen = Object(kept(PLACE)) as Record<string, unknown>;
    this.#temperature = TEMPERATURES.find((one) => one === chosen['temperature']) ?? '°C';
    this.#theme = THEMES.find((one) => one === chosen['theme']) ?? 'system';
    this.#digits = chosen['digits'] !== false;
    this.#show();
  }

  #show(): void {
    document.documentElement.style.colorScheme = this.#theme === 'system' ? '' : this.#theme;
  }

  #keep(): void {
    keep(PLACE, { temperature: this.#temperature, theme: this.#theme, digits: this.#digits });
  }
}

export const look = new Look();
