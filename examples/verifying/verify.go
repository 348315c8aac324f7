// Go, with its standard library. go run verify.go URL KEY.pem HEADERS BODY: the last two as `curl -D HEADERS -o BODY` writes them.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"time"
)

const required = `("@status" "content-type" "content-digest" "@method";req "@target-uri";req)`

// Verify returns an error unless the response is the key's.
func Verify(method, url string, status int, headers http.Header, body, key []byte, tag string) error {
	sum := sha256.Sum256(body)
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	if headers.Get("Content-Digest") != digest {
		return errors.New("the content is not that of its digest")
	}

	shape := regexp.MustCompile(`^sig1=(` + regexp.QuoteMeta(required) + `;created=(\d+);keyid="[^"]*";tag="` + regexp.QuoteMeta(tag) + `")$`)
	found := shape.FindStringSubmatch(headers.Get("Signature-Input"))
	if found == nil {
		return errors.New("not signed, or not for this")
	}
	created, err := strconv.ParseInt(found[2], 10, 64)
	if err != nil || math.Abs(float64(time.Now().Unix()-created)) > 300 {
		return errors.New("too old")
	}

	base := fmt.Sprintf("\"@status\": %d\n\"content-type\": %s\n\"content-digest\": %s\n\"@method\";req: %s\n\"@target-uri\";req: %s\n\"@signature-params\": %s",
		status, headers.Get("Content-Type"), digest, method, url, found[1])
	encoded := regexp.MustCompile(`^sig1=:([A-Za-z0-9+/=]+):$`).FindStringSubmatch(headers.Get("Signature"))
	if encoded == nil {
		return errors.New("no signature")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded[1])
	if err != nil || len(raw) != 64 {
		return errors.New("no signature of this kind")
	}
	block, _ := pem.Decode(key)
	if block == nil {
		return errors.New("the key is no PEM")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	curve, isCurve := public.(*ecdsa.PublicKey)
	hash := sha256.Sum256([]byte(base))
	// In HTTP, r and s stand one after the other.
	if !isCurve || !ecdsa.Verify(curve, hash[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
		return errors.New("not authentic")
	}
	return nil
}

func main() {
	url, key, head := os.Args[1], os.Args[2], os.Args[3]
	pemBytes, _ := os.ReadFile(key)
	body, _ := os.ReadFile(os.Args[4])
	file, _ := os.Open(head)
	response, err := http.ReadResponse(bufio.NewReader(file), nil)
	if err == nil {
		err = Verify("GET", url, response.StatusCode, response.Header, body, pemBytes, "billing-api")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	fmt.Println("authentic")
}
