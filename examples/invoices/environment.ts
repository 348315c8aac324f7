/** Account and Region of the example: a key policy names accounts, so they are known at synth. It stands alone, as what reads it may have no use for CDK. */
export const ENVIRONMENT = { account: '111122223333', region: 'eu-west-1' };
