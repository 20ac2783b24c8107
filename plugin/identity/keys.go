package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// key is a public key that tokens may have been signed for.
type key struct {
	id     string // kid; empty: it has none, as in a PEM file, and fits any token
	alg    string // the one algorithm it is used with, which its type decides
	public jwt.VerificationKey
}

// The sizes of RSA keys. RFC 7518, 3.3 wants 2048 bits at least; the upper bound
// keeps a check of a signature short.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

func newKey(id string, public any) (key, error) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return key{}, fmt.Errorf("an RSA key must have from %d to %d bits, this has %d", minRSABits, maxRSABits, bits)
		}
		return key{id, jwt.SigningMethodRS256.Alg(), k}, nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return key{id, jwt.SigningMethodES256.Alg(), k}, nil
		}
	}
	return key{}, errors.New("expected an RSA key, or an elliptic one on the curve P-256")
}

// fits tells whether a token with this header may have been signed for the key. A
// token without a kid may have been signed for any. RFC 7515, 4.1.4.
func (k key) fits(alg, id string) bool {
	return k.alg == alg && (id == "" || k.id == "" || k.id == id)
}

// parseKeys reads a JWK Set, or public keys and certificates in PEM.
func parseKeys(content []byte) ([]key, error) {
	if bytes.HasPrefix(bytes.TrimSpace(content), []byte("{")) {
		return parseJWKS(content)
	}
	return parsePEM(content)
}

var pemBegin = []byte("-----BEGIN ")

func parsePEM(content []byte) ([]key, error) {
	blocks := bytes.Count(content, pemBegin)
	if blocks == 0 {
		return nil, errors.New("expected a JWK Set, or public keys or certificates in PEM")
	}
	keys := make([]key, 0, blocks)
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		public, err := publicKey(block)
		if err != nil {
			return nil, fmt.Errorf("PEM block %d: %w", len(keys)+1, err)
		}
		parsed, err := newKey("", public)
		if err != nil {
			return nil, fmt.Errorf("PEM block %d: %w", len(keys)+1, err)
		}
		keys = append(keys, parsed)
	}
	if len(keys) != blocks { // pem.Decode passes over what it can't read
		return nil, fmt.Errorf("%d of %d PEM blocks can't be read", blocks-len(keys), blocks)
	}
	return keys, nil
}

// publicKey gives a block's key. A certificate is no more than a key here: when it
// ends, and who has signed it, says nothing about a token.
func publicKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return certificate.PublicKey, nil
	}
	return nil, errors.New("expected a PUBLIC KEY or CERTIFICATE; of a private key, `openssl pkey -in private.pem -pubout` gives the public part")
}
