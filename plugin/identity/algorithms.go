package identity

import (
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// The algorithms of accepted tokens, by the type of the key: RFC 7518, 3.1.
var (
	rsaAlgorithms = []string{
		jwt.SigningMethodRS256.Alg(),
		jwt.SigningMethodPS256.Alg(), jwt.SigningMethodPS384.Alg(), jwt.SigningMethodPS512.Alg(),
	}
	ecAlgorithms = []string{jwt.SigningMethodES256.Alg()} // a key on P-256

	algorithms = slices.Concat(rsaAlgorithms[:1], ecAlgorithms, rsaAlgorithms[1:])
)

// namesOfAlgorithms lists the algorithms in texts.
var namesOfAlgorithms = strings.Join(algorithms[:len(algorithms)-1], ", ") + " or " + algorithms[len(algorithms)-1]
