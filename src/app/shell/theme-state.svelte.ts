/** What the person chose; `system` follows the device. */
export type ThemeChoice = 'system' | 'light' | 'dark';

/** Also read by `public/theme.js`, before the first paint. */
const STORAGE_KEY = 'kiln/theme';
const NEXT: Readonly<Record<ThemeChoice, ThemeChoice>> = { system: 'light', light: 'dark', dark: 'system' };

/** Dark or light: kept over reloads where storage is allowed, and live when the device changes its mind. */
export class ThemeState {
  choice = $state<ThemeChoice>(readChoice());
  readonly #system = window.matchMedia('(prefers-color-scheme: dark)');
  readonly #apply = () => {
    const isDark = this.choice === 'dark' || (this.choice === 'system' && this.#system.matches);
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
  };

  constructor() {
    this.#system.addEventListener('change', this.#apply);
    this.#apply();
  }

  /** System, light, dark, and around again. */
  toggle(): void {
    this.choice = NEXT[this.choice];
    try {
      localStorage.setItem(STORAGE_KEY, this.choice);
    } catch {
      // Storage is blocked: the choice lasts as long as the page.
    }
    this.#apply();
  }

  stop(): void {
    this.#system.removeEventListener('change', this.#apply);
  }
}

function readChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}
