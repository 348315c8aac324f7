export type { AnswerMetadata, Reply } from './answer';
export type { Members } from './body';
export type { AwsCredentials, AwsCredentialsProvider } from './credentials';
export type { EndpointOptions } from './endpoint';
export { fetchKms } from './fetch-kms';
export type { FetchKms, FetchKmsOptions } from './fetch-kms';
