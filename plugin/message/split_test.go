package message

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// splitAll splits a text into as many parts as it needs.
func splitAll(t *testing.T, text string) []string {
	t.Helper()
	parts, ok := split(text, len(text)+1)
	require.True(t, ok)
	return parts
}

func TestTextsAreSplitBetweenWords(t *testing.T) {
	t.Parallel()
	words := strings.TrimSpace(strings.Repeat("word ", 2500))
	parts := splitAll(t, words)
	require.Len(t, parts, 3)
	for _, part := range parts {
		assert.True(t, strings.HasPrefix(part, "word") && strings.HasSuffix(part, "word"))
	}
	assert.Equal(t, words, strings.Join(parts, " "))
	assert.Equal(t, []string{" as it is \n"}, splitAll(t, " as it is \n"))
}

// visible removes the spaces from a text.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// Each part of a random text fits, characters are not cut, and only spaces at a cut are lost.
func TestSplittingLosesNothing(t *testing.T) {
	t.Parallel()
	alphabet := []string{"a", "é", "ж", "語", "👩", "\"", "<", "\n", " ", "\u2028", "\\"}
	random := rand.New(rand.NewPCG(1, 1))
	for range 40 {
		var text strings.Builder
		letters := alphabet[:1+random.IntN(len(alphabet))]
		for range random.IntN(9000) {
			text.WriteString(letters[random.IntN(len(letters))])
		}
		parts := splitAll(t, text.String())
		for _, part := range parts {
			assert.True(t, fits(part))
			assert.NotEmpty(t, part)
		}
		assert.Equal(t, visible(text.String()), visible(strings.Join(parts, "")))
	}
}

func TestALongWordIsCut(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"x", "語", "👩"} {
		word := strings.Repeat(letter, 6000)
		parts := splitAll(t, word)
		assert.Equal(t, word, strings.Join(parts, ""))
		assert.False(t, fits(parts[0]+letter), "no more would fit")
	}
}

func TestALongWordIsCutBetweenWhatIsSeenAsCharacters(t *testing.T) {
	t.Parallel()
	for name, letter := range map[string]string{
		"an emoji of several": "👨‍👩‍👧", "an emoji with a skin": "👍🏽", "a heart in red": "❤️",
		"a letter and its accent": "e\u0301", "Thai": "ที่", "Hindi": "षि",
		"a flag": "🇺🇦", "a flag of a region": "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", "a keycap": "1\ufe0f\u20e3",
		"Korean in parts": "\u1112\u1161\u11ab", "people who hold hands": "👩🏽\u200d🤝\u200d👨🏿",
	} {
		word := strings.Repeat(letter, 3000)
		parts := splitAll(t, word)
		assert.Equal(t, word, strings.Join(parts, ""), name)
		for _, part := range parts {
			assert.True(t, strings.HasPrefix(part, letter) && strings.HasSuffix(part, letter), name)
		}
		assert.False(t, fits(parts[0]+letter), name)
	}
	marks := "e" + strings.Repeat("\u0301", 6000)
	parts := splitAll(t, marks)
	assert.Equal(t, marks, strings.Join(parts, ""))
	assert.Len(t, parts, 3, "cut as a long word is, as there is no better place")
}

// A mark behind a space is seen as one character with it, so the text is not cut there.
func TestAMarkIsNotCutFromItsSpace(t *testing.T) {
	t.Parallel()
	full := splitAll(t, strings.Repeat("x", 6000))[0]
	for _, mark := range []string{"\u0301", "\u20dd", "\u200d"} {
		text := full[:len(full)-100] + " " + strings.Repeat("y", 80) + " " + mark + strings.Repeat("z", 200)
		parts := splitAll(t, text)
		require.Len(t, parts, 2)
		assert.Equal(t, strings.Repeat("y", 80)+" "+mark+strings.Repeat("z", 200), parts[1])
		atEnd := splitAll(t, full+" "+mark+"z")
		assert.Equal(t, " "+mark+"z", atEnd[len(atEnd)-1])
	}
}

func TestAPartEndsWhereAWordDoes(t *testing.T) {
	t.Parallel()
	full := splitAll(t, strings.Repeat("x", 6000))[0]
	assert.Equal(t, []string{full, "y"}, splitAll(t, full+" y"))
	assert.Equal(t, []string{full}, splitAll(t, full+"   "))
	assert.Equal(t, []string{full[1:] + "\n", "y"}[1:], splitAll(t, full+"\n\n y")[1:])
}

// FuzzSplit splits any text. The parts must fit, characters must not be cut, only spaces at a
// cut may be lost, and the loop must end.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"word ", "x", "語", "👩\u200d", "e\u0301", "\u0301", "\"<\u2028", " \n\u2003", "\u200d"} {
		f.Add(seed, "", uint16(5000))
		f.Add("x", seed, uint16(3000))
	}
	f.Fuzz(func(t *testing.T, piece, end string, times uint16) {
		if len(piece)*int(times) > 1<<15 {
			return
		}
		text := strings.Repeat(piece, int(times)) + end
		j := &job{action: actionMessage}
		err := reading{split: true, maxParts: 100}.decode([]byte(text), j)
		if !utf8.ValidString(text) {
			require.ErrorContains(t, err, "text: is not UTF-8")
			return
		}
		if err != nil {
			return // empty, or too long
		}
		parts, ok := split(text, 100)
		require.True(t, ok)
		for _, part := range parts {
			require.True(t, fits(part) && part != "" && utf8.ValidString(part))
		}
		require.Equal(t, visible(text), visible(strings.Join(parts, "")))
	})
}
