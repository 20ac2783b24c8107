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
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// key is a public key that verifies tokens.
type key struct {
	id     string   // kid; empty in a PEM file: the key is tried for any token
	algs   []string // the algorithms that it may be used with
	public jwt.VerificationKey
}

// The sizes of RSA keys in bits. RFC 7518, 3.3 requires at least 2048. The upper bound limits
// the time to verify a signature.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

func newKey(id string, public any) (key, error) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return key{}, fmt.Errorf("an RSA key must have from %d to %d bits, but this one has %d", minRSABits, maxRSABits, bits)
		}
		return key{id, rsaAlgorithms, k}, nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return key{id, ecAlgorithms, k}, nil
		}
	}
	return key{}, errors.New("expected an RSA key, or an elliptic curve key on P-256")
}

// fits returns whether the key may verify a token with this header. A token without a kid may
// belong to any key. RFC 7515, 4.1.4.
func (k key) fits(alg, id string) bool {
	return slices.Contains(k.algs, alg) && (id == "" || k.id == "" || k.id == id)
}

// parseKeys reads a JWK Set, or public keys and certificates in PEM. It refuses a set with a key
// that can't be used, because good tokens would be refused later. The operator can correct the file.
func parseKeys(content []byte) ([]key, error) {
	if bytes.HasPrefix(bytes.TrimSpace(content), []byte("{")) {
		keys, bad := parseJWKS(content)
		if bad != nil {
			return nil, bad
		}
		return keys, nil
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
	if len(keys) != blocks { // pem.Decode skips blocks that it can't read
		return nil, fmt.Errorf("%d of %d PEM blocks can't be read", blocks-len(keys), blocks)
	}
	return keys, nil
}

// publicKey returns the key of a block. From a certificate it takes only the key. The
// certificate's dates and issuer say nothing about a token.
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
	return nil, errors.New("expected a PUBLIC KEY or CERTIFICATE: to get the public part of a private key, run `openssl pkey -in private.pem -pubout`")
}
