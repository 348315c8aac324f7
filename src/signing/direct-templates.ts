import { ContentHandling, type IntegrationResponse } from 'aws-cdk-lib/aws-apigateway';

/** What is sent, and what comes back. */
export const BINARY = 'application/octet-stream';

/** What API Gateway sends to KMS. The body is base64 by then, whatever the caller has sent; what is in it stays in its string. */
export function requestTemplate(keyArn: string, algorithm: string): string {
  return JSON.stringify({ KeyId: keyArn, Message: '$util.escapeJavaScript($input.body)', MessageType: 'RAW', SigningAlgorithm: algorithm });
}

const HEADERS = { 'method.response.header.Cache-Control': "'no-store'" };
const contentType = (type: string) => ({ ...HEADERS, 'method.response.header.Content-Type': `'${type}'` });

/** KMS has signed: the base64 of its answer is made into bytes again for callers that accept them. */
export const SIGNED: IntegrationResponse = {
  statusCode: '200',
  contentHandling: ContentHandling.CONVERT_TO_BINARY,
  responseParameters: contentType(BINARY),
  responseTemplates: { [BINARY]: "$input.path('$.Signature')", 'application/json': "$input.path('$.Signature')" },
};

/**
 * What callers are told of errors of KMS, by the name that it gives them: which are the caller's own, which will pass, and no more. KMS throttles and refuses with
 * status 400 alike. KMS API Reference, "Common Errors".
 */
export const UNSIGNED = [
  "#set($type = $input.path('$.__type'))",
  "#if($type.contains('Throttling'))",
  '#set($context.responseOverride.status = 429)',
  '{"error":"throttled","message":"too many requests for the key: try again in a second"}',
  "#elseif($type.contains('Validation') || $type.contains('Serialization'))",
  '#set($context.responseOverride.status = 400)',
  '{"error":"invalid_request","message":"1 to 4096 bytes are signed here"}',
  '#else',
  '{"error":"unavailable","message":"the key cannot be used now"}',
  '#end',
].join('\n');

/** KMS has not signed. */
export function unsignedResponse(): IntegrationResponse[] {
  return ['4\\d{2}', '5\\d{2}'].map((selectionPattern) => ({
    selectionPattern,
    statusCode: '503',
    responseParameters: contentType('application/json'),
    responseTemplates: { 'application/json': UNSIGNED },
  }));
}
