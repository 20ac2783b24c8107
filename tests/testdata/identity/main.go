// This makes new keys for tests/identity.yaml and prints tokens signed with them.
// The private keys are forgotten, so after a run all tokens there must be replaced:
//
//	go run ./tests/testdata/identity
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"

	"github.com/golang-jwt/jwt/v5"
)

const keysFile = "tests/testdata/identity/test-only-jwks.json"

func main() {
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	ecKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	stranger := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	encode := base64.RawURLEncoding.EncodeToString
	point := must(ecKey.PublicKey.Bytes())
	keys := map[string]any{"keys": []any{
		map[string]any{"kid": "test-only-rsa", "kty": "RSA", "alg": "RS256", "use": "sig",
			"n": encode(rsaKey.N.Bytes()), "e": encode(big.NewInt(int64(rsaKey.E)).Bytes())},
		map[string]any{"kid": "test-only-ec", "kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])},
	}}
	file := append(must(json.MarshalIndent(keys, "", "  ")), '\n')
	if err := os.WriteFile(keysFile, file, 0o644); err != nil {
		panic(err)
	}

	until2100 := map[string]any{"exp": 4102444800}
	show := func(name string, method jwt.SigningMethod, id string, key any, changes map[string]any) {
		claims := jwt.MapClaims{"iss": "https://login.example.com", "sub": "user-4711", "aud": "shop-web", "iat": 1577836800}
		for claim, value := range changes {
			claims[claim] = value
		}
		token := jwt.NewWithClaims(method, claims)
		token.Header["kid"] = id
		fmt.Printf("%s\n%s\n\n", name, must(token.SignedString(key)))
	}
	show("RS256", jwt.SigningMethodRS256, "test-only-rsa", rsaKey, until2100)
	show("ES256", jwt.SigningMethodES256, "test-only-ec", ecKey, until2100)
	show("expired", jwt.SigningMethodES256, "test-only-ec", ecKey, map[string]any{"exp": 1577840400})
	show("signed by a stranger", jwt.SigningMethodES256, "test-only-ec", stranger, until2100)
	show("kid unknown", jwt.SigningMethodES256, "stranger", stranger, until2100)
	show("HS256 with the keys file as its secret", jwt.SigningMethodHS256, "test-only-rsa", file, until2100)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
