export { SigningApi } from './signing-api';
export type { SigningApiProps, SigningThrottle } from './signing-api';
export { SigningApiMetrics } from './signing-api-metrics';
export { SigningAuthorizer } from './signing-authorizer';
export type { JwtSigningAuthorizerOptions } from './signing-authorizer';
export { SigningRoute } from './signing-route';
export type { DigestRouteOptions, JwtRouteOptions, PayloadRouteOptions } from './signing-route';
