import type { Route } from './routes';

/** In which order one call asks the Regions: a few attempts in each, over and over. */
export class Itinerary {
  #routes: readonly Route[];
  readonly #attemptsPerRegion: number;
  #at = 0;
  #failures = 0;

  constructor(routes: readonly Route[], attemptsPerRegion: number) {
    this.#routes = routes;
    this.#attemptsPerRegion = attemptsPerRegion;
  }

  /** Where the next attempt goes; undefined when none of the Regions left may be asked. */
  public next(mayAsk: (route: Route) => boolean): Route | undefined {
    for (let passed = 0; passed < this.#routes.length; passed++) {
      const route = this.#routes[this.#at];
      if (mayAsk(route)) return route;
      this.#moveOn();
    }
    return undefined;
  }

  /** The Region of the last attempt is out of order. */
  public failed(): void {
    this.#failures += 1;
    if (this.#failures >= this.#attemptsPerRegion) this.#moveOn();
  }

  /** The key is of no use in that Region. */
  public leaveOut(route: Route): void {
    this.#routes = this.#routes.filter((other) => other !== route);
    this.#at %= this.#routes.length;
    this.#failures = 0;
  }

  #moveOn(): void {
    this.#at = (this.#at + 1) % this.#routes.length;
    this.#failures = 0;
  }
}
