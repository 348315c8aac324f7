import { Token } from 'aws-cdk-lib';

/**
 * The issuer, unchanged: verifiers compare it letter by letter, and look for its keys below it (OpenID Connect Discovery 1.0 section 4.1). Throws for what is no
 * such URL.
 */
export function issuerGiven(issuer: string | undefined, where: string): string | undefined {
  if (issuer === undefined || Token.isUnresolved(issuer)) return issuer;
  if (!/^https:\/\/[^/?#\s]+(\/[^?#\s]*[^/?#\s])?$/.test(issuer)) {
    throw new Error(`'${where}': issuer is '${issuer}': give an https URL without a query and without a slash at its end`);
  }
  return issuer;
}
