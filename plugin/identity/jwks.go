package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// jwk is a JSON Web Key: RFC 7517. RFC 7518, 6 defines the members for each type.
type jwk struct {
	Type      string `json:"kty"`
	ID        string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`

	// RSA
	N string `json:"n"`
	E string `json:"e"`
	// EC
	Curve string `json:"crv"`
	X     string `json:"x"`
	Y     string `json:"y"`

	// D exists only in private keys.
	D string `json:"d"`
}

// parseJWKS returns the keys of a set that work with one of the algorithms. It skips keys for other
// purposes, as RFC 7517, 5 requires. bad is the error of the first key that should work and can't
// be used. The other keys may still be good.
func parseJWKS(content []byte) (keys []key, bad error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(content, &set); err != nil {
		return nil, fmt.Errorf("expected a JWK Set, a JSON object with the list keys: %w", err)
	}
	for i, item := range set.Keys {
		if !item.verifies() {
			continue
		}
		parsed, err := item.parse()
		switch {
		case err == nil:
			keys = append(keys, parsed)
		case bad == nil:
			bad = fmt.Errorf("keys[%d]: %w", i, err)
		}
	}
	if len(keys) == 0 && bad == nil {
		bad = errors.New("the JWK Set has no key for " + namesOfAlgorithms + " under keys")
	}
	return keys, bad
}

// verifies returns whether a key is for signatures with one of the algorithms.
func (j jwk) verifies() bool {
	var algs []string
	switch {
	case j.Type == "RSA":
		algs = rsaAlgorithms
	case j.Type == "EC" && j.Curve == "P-256":
		algs = ecAlgorithms
	}
	return len(algs) > 0 && (j.Use == "" || j.Use == "sig") && (j.Algorithm == "" || slices.Contains(algs, j.Algorithm))
}

func (j jwk) parse() (key, error) {
	if j.D != "" {
		return key{}, errors.New("a private key: publish only its public members, and replace the key if others could read it")
	}
	read := j.rsa
	if j.Type == "EC" {
		read = j.ec
	}
	public, err := read()
	if err != nil {
		return key{}, err
	}
	made, err := newKey(j.ID, public)
	if err == nil && j.Algorithm != "" { // a key with alg is for that algorithm only: RFC 7517, 4.4
		made.algs = []string{j.Algorithm}
	}
	return made, err
}

func (j jwk) rsa() (any, error) {
	n, err := decodeMember("n", j.N)
	if err != nil {
		return nil, err
	}
	e, err := decodeMember("e", j.E)
	if err != nil {
		return nil, err
	}
	exponent := new(big.Int).SetBytes(e)
	if !exponent.IsInt64() || exponent.Int64() < 3 || exponent.Int64() > math.MaxInt32 || exponent.Bit(0) == 0 {
		return nil, errors.New("e: must be odd, and from 3 to 2147483647")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}, nil
}

func (j jwk) ec() (any, error) {
	x, err := decodeMember("x", j.X)
	if err != nil {
		return nil, err
	}
	y, err := decodeMember("y", j.Y)
	if err != nil {
		return nil, err
	}
	const size = 32 // RFC 7518, 6.2.1.2: a coordinate keeps its leading zeros
	if len(x) != size || len(y) != size {
		return nil, fmt.Errorf("x, y: must have %d bytes each", size)
	}
	point := append(append([]byte{4}, x...), y...) // SEC 1, 2.3.3: 4 stands for an uncompressed point
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, errors.New("x, y: not a point of the curve P-256")
	}
	return public, nil
}

func decodeMember(name, text string) ([]byte, error) {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(decoded) == 0 {
		return nil, fmt.Errorf("%s: missing, or not base64url without padding", name)
	}
	return decoded, nil
}
