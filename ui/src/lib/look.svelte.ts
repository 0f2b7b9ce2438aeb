/** How a person wants to see the pages, on this machine: in which unit of temperature, and light or dark. */

const KEY = 'hoofbeat.look';

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
    const kept = stored();
    this.#temperature = TEMPERATURES.find((one) => one === kept['temperature']) ?? '°C';
    this.#theme = THEMES.find((one) => one === kept['theme']) ?? 'system';
    this.#show();
  }

  #show(): void {
    document.documentElement.style.colorScheme = this.#theme === 'system' ? '' : this.#theme;
  }

  #keep(): void {
    try {
      localStorage.setItem(KEY, JSON.stringify({ temperature: this.#temperature, theme: this.#theme }));
    } catch {
      // A browser that keeps nothing shows it until it is closed.
    }
  }
}

/** What an earlier page kept; nothing where it cannot be read. */
function stored(): Record<string, unknown> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof kept === 'object' && kept !== null ? (kept as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export const look = new Look();
