"""The AWS Encryption SDK for Python as another program uses it: JSON in, JSON out.

In:  {"key": {"namespace", "name", "bytes"}, "kmsKey": ARN, "open": [message …], "write": [message …]}
Out: {"opened": [{"plaintext", "context"} or {"error"} …], "written": [{"message"} or {"error"} …]}

Bytes are base64. A message under "kms": true is one of the KMS key, which boto3 finds by its environment variables.
"""
import base64
import json
import sys

import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import AesWrappingAlg, CreateAwsKmsKeyringInput, CreateRawAesKeyringInput
from aws_encryption_sdk import CommitmentPolicy
from aws_encryption_sdk.identifiers import AlgorithmSuite

request = json.load(sys.stdin)
providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())


def raw_keyring():
    key = request["key"]
    return providers.create_raw_aes_keyring(CreateRawAesKeyringInput(
        key_namespace=key["namespace"], key_name=key["name"], wrapping_key=base64.b64decode(key["bytes"]),
        wrapping_alg=AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16,
    ))


def kms_keyring():
    import boto3
    return providers.create_aws_kms_keyring(CreateAwsKmsKeyringInput(kms_key_id=request["kmsKey"], kms_client=boto3.client("kms")))


def attempt(action, message):
    try:
        return action(message)
    except Exception as error:  # what the SDK says is the answer
        return {"error": f"{type(error).__name__}: {error}"}


keyrings = {False: raw_keyring(), True: kms_keyring() if "kmsKey" in request else None}
reader = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)


def open_message(message):
    plaintext, header = reader.decrypt(source=base64.b64decode(message["message"]), keyring=keyrings[message["kms"]])
    return {"plaintext": base64.b64encode(plaintext).decode(), "context": header.encryption_context}


def write_message(message):
    commits = message["suite"] >= 0x0400
    policy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT if commits else CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    ciphertext, _ = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=policy).encrypt(
        source=base64.b64decode(message["plaintext"]), keyring=keyrings[message["kms"]], encryption_context=message["context"],
        algorithm=AlgorithmSuite.get_by_id(message["suite"]), frame_length=message["frameLength"],
    )
    return {"message": base64.b64encode(ciphertext).decode()}


json.dump({
    "version": aws_encryption_sdk.__version__,
    "opened": [attempt(open_message, message) for message in request["open"]],
    "written": [attempt(write_message, message) for message in request["write"]],
}, sys.stdout)
