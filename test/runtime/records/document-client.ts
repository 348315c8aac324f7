// The document client's own conversions. They come with @aws-crypto/client-node.
// eslint-disable-next-line import/no-extraneous-dependencies
export { marshall, NumberValueImpl, unmarshall } from '@aws-sdk/util-dynamodb';
