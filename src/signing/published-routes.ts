import { PUBLIC_THROTTLE, type RouteDefinition } from './http-routes';
import { DISCOVERY_PATH, JWKS_PATH, PEM_FILE, PEM_FOLDER, routeTo } from '../spec/signing-api';

/** The routes of published keys, which are for everybody. */
export function publishedRoutes(hasIssuer: boolean): RouteDefinition[] {
  return [JWKS_PATH, `${PEM_FOLDER}${PEM_FILE}`, ...hasIssuer ? [DISCOVERY_PATH] : []].map((path) => ({ routeKey: routeTo(path), throttle: PUBLIC_THROTTLE }));
}
