import { hostSuffixOf } from '../../spec/partitions';
import type { Environment } from '../environment';
import { refuseInput } from '../errors';
import { quoted } from '../text';

/** Where KMS is. */
export interface EndpointOptions {
  /** @default - `AWS_REGION` of the environment, read at each call */
  readonly region?: string | undefined;
  /**
   * URL to call instead of the Region's endpoint: of a VPC endpoint, a proxy, an emulator.
   *
   * @default - `AWS_ENDPOINT_URL_KMS` or `AWS_ENDPOINT_URL` of the environment, else what Region and the two options below say
   */
  readonly endpoint?: string | undefined;
  /** Endpoints whose cryptography is validated under FIPS 140, in Regions that have one. @default - `AWS_USE_FIPS_ENDPOINT` of the environment */
  readonly useFipsEndpoint?: boolean | undefined;
  /** Endpoints that take IPv6, too. @default - `AWS_USE_DUALSTACK_ENDPOINT` of the environment */
  readonly useDualstackEndpoint?: boolean | undefined;
}

const LABEL = /^[a-z\d]([a-z\d-]*[a-z\d])?$/;

/** The Region that is signed for. @throws `ERR_KEYSMITH_INPUT` for what can be none, which would lead to another host */
export const regionOf = ({ region }: EndpointOptions, { AWS_REGION }: Environment): string => {
  const named = region ?? AWS_REGION;
  if (named === undefined) return refuseInput("no Region: give 'region', or set AWS_REGION");
  return typeof named === 'string' && LABEL.test(named) ? named : refuseInput(`'region' takes a name like eu-west-1, got ${quoted(named)}`);
};

/**
 * The URL of KMS, that of the options or of the Region. The variables are those of every AWS SDK.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an endpoint that is no such URL, or is to be of a kind that a URL cannot be made
 */
export const endpointOf = (region: string | undefined, options: EndpointOptions, env: Environment): URL => {
  const endpoint = options.endpoint ?? (env.AWS_ENDPOINT_URL_KMS || env.AWS_ENDPOINT_URL);
  const fips = options.useFipsEndpoint ?? env.AWS_USE_FIPS_ENDPOINT === 'true';
  const dualStack = options.useDualstackEndpoint ?? env.AWS_USE_DUALSTACK_ENDPOINT === 'true';
  if (endpoint === undefined) return new URL(`https://kms${fips ? '-fips' : ''}.${region}.${hostSuffixOf(region ?? '', dualStack)}`);
  if (fips || dualStack) refuseInput("'endpoint' goes with neither FIPS nor dual stack");
  return urlOf(endpoint);
};

/** Of a URL with a password or a query nothing is repeated. */
const urlOf = (endpoint: unknown): URL => {
  const url = typeof endpoint === 'string' && URL.canParse(endpoint) && new URL(endpoint);
  // Of other protocols the origin is no text of theirs.
  return url && /^http/.test(url.href) && url.href === url.origin + url.pathname ? url : refuseInput('\'endpoint\' is not of the form https://host/path');
};
