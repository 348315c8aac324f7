/**
 * The members of the KMS API that JSON has no form for. Their names tell them in every operation: a blob stands right in an input or
 * output, or in `Recipient`; a timestamp is any number under such a name. A map, like an encryption context, has neither.
 * Source: the service model of AWS KMS (`TrentService`, AWS JSON 1.1); blobs are base64 there, timestamps seconds since the epoch.
 */

/** Members of bytes: `CiphertextBlob`, `PrivateKeyPlaintext` … */
export const BLOB_MEMBER = /(Blob|Plaintext)$|^(AttestationDocument|CiphertextForRecipient|EncryptedKeyMaterial|ImportToken|Mac|Message|PublicKey|SharedSecret|Signature)$/;

/** The member that has members of its own, a blob among them. */
export const MEMBER_WITH_BLOB = 'Recipient';

/** Members of points in time: `CreationDate`, `ParametersValidTo`, `Timestamp` … */
export const TIMESTAMP_MEMBER = /(Date|ValidTo|^Timestamp)$/;
