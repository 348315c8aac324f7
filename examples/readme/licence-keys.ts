import { createJwsSigner, createJwsVerifier, fetchJwks, isKeysmithError, type PublishedJwkSet } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

interface Licence {
  readonly customer: string;
  readonly seats: number;
  /** The last day of updates; the licence itself does not end. */
  readonly updatesUntil: string;
}

/** In the product, offline: the published keys are compiled into it. */
function licenceReader(keys: PublishedJwkSet) {
  const verifier = createJwsVerifier({ keys, maxBytes: 4096 });
  return async (text: string): Promise<string> => {
    try {
      const { payload, header } = await verifier.verify(text.replace(/\s/g, ''));
      if (header.typ !== 'licence') return 'this is no licence';
      const { customer, seats } = JSON.parse(Buffer.from(payload).toString()) as Licence;
      return `${customer}, ${seats} seats`;
    } catch (error) {
      if (isKeysmithError(error)) return 'not a licence of ours';
      throw error;
    }
  };
}

async function main(): Promise<void> {
  const principals = [{ arn: 'arn:aws:iam::111122223333:role/Sales', managedPolicies: ['AdministratorAccess'] }];
  const local = await startLocalKms({ keys: [{ spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', aliases: ['alias/licences'] }], principals });
  try {
    const key = { kms: local.port('Sales'), keyArn: local.keyArn('alias/licences'), algorithm: 'EdDSA' } as const;
    const licence: Licence = { customer: 'Example Ltd', seats: 25, updatesUntil: '2027-11-29' };
    const text = await createJwsSigner({ ...key, typ: 'licence' }).sign(JSON.stringify(licence));
    const read = licenceReader(await fetchJwks([key]));

    // As it comes in an e-mail: in lines.
    console.log(await read(text.replace(/.{64}/g, '$&\n')));
    const [header, , signature] = text.split('.');
    const more = Buffer.from(JSON.stringify({ ...licence, seats: 2500 })).toString('base64url');
    console.log(await read(`${header}.${more}.${signature}`));
    console.log(await read(await createJwsSigner({ ...key, typ: 'invoice' }).sign(JSON.stringify(licence))));
  } finally {
    await local.stop();
  }
}

void main();
