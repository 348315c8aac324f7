import { PUBLIC_THROTTLE, type RouteDefinition } from './http-routes';
import { DISCOVERY_ROUTE, JWKS_ROUTE, PEM_ROUTE } from '../spec/signing-api';

/** The routes of published keys, which are for everybody. */
export function publishedRoutes(hasIssuer: boolean): RouteDefinition[] {
  return [JWKS_ROUTE, PEM_ROUTE, ...hasIssuer ? [DISCOVERY_ROUTE] : []].map((routeKey) => ({ routeKey, throttle: PUBLIC_THROTTLE }));
}
