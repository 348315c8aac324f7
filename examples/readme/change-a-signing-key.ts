import { createJwtSigner, createJwtVerifier, fetchJwks } from 'cdk-keysmith/runtime';
import { startLocalKms, type PolicyStatement } from 'cdk-keysmith/testing';

const ROLE = 'arn:aws:iam::111122223333:role/Issuer';
const may = (Action: string): PolicyStatement => ({ Effect: 'Allow', Principal: { AWS: ROLE }, Action, Resource: '*' });
const policy = (...more: PolicyStatement[]) => ({ Version: '2012-10-17', Statement: [may('kms:GetPublicKey'), ...more] });

async function main(): Promise<void> {
  // The key policies have changed already: the key of 2027 signs, and that of 2026 no longer does.
  const local = await startLocalKms({
    keys: [
      { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', aliases: ['alias/2026'], policy: policy() },
      { spec: 'ML_DSA_65', usage: 'SIGN_VERIFY', aliases: ['alias/2027'], policy: policy(may('kms:Sign')) },
    ],
    principals: [ROLE],
  });
  const generations = [
    { name: '2026', keyArn: local.keyArn('alias/2026'), algorithm: 'ES256' as const },
    { name: '2027', keyArn: local.keyArn('alias/2027'), algorithm: 'ML-DSA-65' as const },
  ];
  const [old, next] = generations.map(({ keyArn, algorithm }) => ({ kms: local.port('Issuer'), keyArn, algorithm, generations }));
  try {
    // Published before either is needed: all generations, whichever signs.
    const verifier = createJwtVerifier({ keys: await fetchJwks([old]), issuer: false, audience: false });
    for (const [what, key] of [['a function that still signs with 2026', old], ['a function that signs with 2027    ', next]] as const) {
      const { header } = await verifier.verify(await createJwtSigner({ ...key, lifetimeSeconds: 300 }).sign({ sub: 'c-17' }));
      console.log(what, '->', header.alg);
    }
  } finally {
    await local.stop();
  }
}

void main();
