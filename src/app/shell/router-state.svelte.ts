import type { Cid } from '../../base/cid.ts';

/** A page of the app with what its address says. */
export type Route =
  | { readonly page: 'home' | 'provide' | 'jobs' | 'wallet' | 'network' | 'missing' }
  | { readonly page: 'request'; readonly example?: string }
  | { readonly page: 'job'; readonly job: Cid };

/**
 * The route that a location hash names; unknown ones are `missing`, never an error.
 *
 * @example
 * parseRoute('#/job/bafk…'); // { page: 'job', job: 'bafk…' }
 */
export function parseRoute(hash: string): Route {
  const [page = '', argument, ...rest] = hash.replace(/^#?\/?/, '').split('/');
  if (rest.length > 0) return { page: 'missing' };
  if (argument !== undefined && argument !== '') return routeWithArgument(page, argument);
  switch (page) {
    case '':
      return { page: 'home' };
    case 'job':
      return { page: 'jobs' };
    case 'provide':
    case 'request':
    case 'wallet':
    case 'network':
      return { page };
    default:
      return { page: 'missing' };
  }
}

function routeWithArgument(page: string, argument: string): Route {
  const isPlain = /^[A-Za-z0-9_-]{1,100}$/.test(argument);
  if (isPlain && page === 'request') return { page, example: argument };
  if (isPlain && page === 'job') return { page, job: argument };
  return { page: 'missing' };
}

/** The current route, as the address bar says it. */
export class RouterState {
  route = $state.raw<Route>(parseRoute(location.hash));

  readonly #onChange = () => {
    this.route = parseRoute(location.hash);
  };

  constructor() {
    window.addEventListener('hashchange', this.#onChange);
  }

  stop(): void {
    window.removeEventListener('hashchange', this.#onChange);
  }
}
