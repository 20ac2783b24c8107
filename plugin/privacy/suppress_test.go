package privacy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSuppression(t *testing.T) {
	t.Parallel()
	const report = `{"consumerId":"jane","identities":[{"sub":"a-1"},{"sub":"u-1"}],"engagementAttributes":[]}`
	hashing := pseudonyms{hashed: true, salt: []byte("s")}
	tests := []struct {
		name    string
		yaml    string
		content string
		list    string // one id or digest: a line of the file, and a key of the cache if it is a digest
		passes  bool
	}{
		{name: "not on the list", content: report, list: digest("john"), passes: true},
		{name: "consumerId", content: report, list: digest("jane")},
		{name: "the first sub", content: report, list: digest("a-1")},
		{name: "another sub", content: report, list: digest("u-1")},
		{name: "a pseudonym", yaml: "{sub: hash, salt: s}", content: report, list: digest(hashing.of("u-1"))},
		{name: "the id of one who gets a pseudonym", yaml: "{sub: hash, salt: s}", content: report, list: digest("u-1")},
		{name: "a pseudonym with another salt", yaml: "{sub: hash, salt: t}", content: report, list: digest(hashing.of("u-1")), passes: true},
		{name: "a visitor id when there is no other", content: `{"engagementAttributes":[]}`, list: digest("v-1")},
		{name: "a visitor id when there is another", content: report, list: digest("v-1"), passes: true},
		{name: "a customer's number", content: `{"consumerId":"a-2","engagementAttributes":[{"type":"ctmrinfo","info":{"customerId":"C-7"}}]}`, list: digest("C-7")},
		{name: "a number that is no customer's", content: `{"consumerId":"a-2","engagementAttributes":[{"type":"mrktInfo","info":{"customerId":"C-7"}}]}`, list: digest("C-7"), passes: true},
		{name: "a digest in capitals", content: report, list: strings.ToUpper(digest("jane"))},
		{name: "a pseudonym in capitals", yaml: "{sub: hash, salt: s}", content: report, list: strings.ToUpper(digest(hashing.of("u-1")))},
		{name: "in another case", content: report, list: digest("Jane"), passes: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "list")
			require.NoError(t, os.WriteFile(file, []byte(test.list), 0o600))
			settings := strings.Trim(test.yaml, "{}")
			if settings != "" {
				settings += ", "
			}
			for _, by := range []string{"{file: '" + file + "'}", "{cache: suppressed}"} {
				p := newTestProcessor(t, "{"+settings+"suppress: "+by+"}", map[string]string{suppressPrefixes.current + test.list: "1"})
				msg := service.NewMessage([]byte(test.content))
				msg.MetaSet(metaVisitorID, "v-1")
				batch, err := p.Process(t.Context(), msg)
				require.NoError(t, err)
				assert.Equal(t, test.passes, len(batch) == 1, by)
			}
		})
	}
}

// errAny stands for an error whose text differs between operating systems.
var errAny = errors.New("any error")

func TestSuppressionThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	msg := service.NewMessage([]byte(`{"consumerId":"jane","engagementAttributes":[]}`))

	p := newTestProcessor(t, "", nil)
	p.suppression.cache = &markedCache{lookup: failing}
	_, err := p.Process(t.Context(), msg)
	require.ErrorIs(t, err, errDown)

	p = newTestProcessor(t, "suppress: {file: "+filepath.Join(t.TempDir(), "none")+"}", nil)
	_, err = p.Process(t.Context(), msg)
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "suppress.file: ")
	assert.ErrorContains(t, err, "create an empty file if nobody is on the list")
}

func TestParseList(t *testing.T) {
	t.Parallel()
	assert.Equal(t, map[string]bool{"jane": true, "john doe": true, "#1": true, "last": true},
		parseList("\ufeffjane\r\n\n  john doe \n#1\n\t\nlast"))
	assert.Equal(t, map[string]bool{}, parseList(""))
	hash := digest("jane")
	assert.Equal(t, map[string]bool{hash: true, strings.ToUpper(hash): true}, parseList(strings.ToUpper(hash)), "an id may have this form, too")
	assert.Equal(t, map[string]bool{hash[1:]: true}, parseList(hash[1:]))
}

func TestListFileIsReadAgainWhenItChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "list")
		write := func(content string, modified int64) {
			require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
			require.NoError(t, os.Chtimes(path, time.Time{}, time.Unix(modified, 0)))
		}
		f := &listFile{path: path, interval: 10 * time.Second}
		holds := func() (bool, error) { return suppression{file: f}.holds(t.Context(), []string{"jane"}) }
		steps := []struct {
			name string
			do   func()
			want bool
			err  error
		}{
			{name: "no file yet", do: func() {}, err: os.ErrNotExist},
			{name: "tried again at once", do: func() { write("john", 1) }},
			{name: "not looked at within the interval", do: func() { write("jane", 2); time.Sleep(10*time.Second - 1) }},
			{name: "looked at after it", do: func() { time.Sleep(time.Nanosecond) }, want: true},
			{name: "not changed", do: func() { time.Sleep(time.Minute) }, want: true},
			{name: "changed in time alone", do: func() { write("joan", 3); time.Sleep(10 * time.Second) }},
			{name: "changed in size alone", do: func() { write("joan\njane", 3); time.Sleep(10 * time.Second) }, want: true},
			{name: "replaced by one of the same time and size", do: func() {
				other := path + ".new"
				require.NoError(t, os.WriteFile(other, []byte("joan\njuno"), 0o600))
				require.NoError(t, os.Chtimes(other, time.Time{}, time.Unix(3, 0)))
				require.NoError(t, os.Rename(other, path))
				time.Sleep(10 * time.Second)
			}},
			{name: "gone, but not looked at yet", do: func() { require.NoError(t, os.Remove(path)) }},
			{name: "gone", do: func() { time.Sleep(10 * time.Second) }, err: os.ErrNotExist},
			{name: "still gone", do: func() {}, err: os.ErrNotExist},
			{name: "back", do: func() { write("jane", 3) }, want: true},
			{name: "a folder in its place", do: func() {
				require.NoError(t, os.Remove(path))
				require.NoError(t, os.Mkdir(path, 0o700))
				time.Sleep(10 * time.Second)
			}, err: errAny},
		}
		for _, step := range steps {
			step.do()
			got, err := holds()
			switch step.err {
			case nil:
				require.NoError(t, err, step.name)
			case errAny:
				require.Error(t, err, step.name)
			default:
				require.ErrorIs(t, err, step.err, step.name)
			}
			assert.Equal(t, step.want, got, step.name)
		}
	})
}

// Several goroutines may share a processor. The race detector checks this test.
func TestListFileIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "list")
		require.NoError(t, os.WriteFile(path, []byte("jane"), 0o600))
		s := suppression{file: &listFile{path: path}}
		for range 8 {
			go func() {
				for range 100 {
					holds, err := s.holds(t.Context(), []string{"john", "jane"})
					assert.NoError(t, err)
					assert.True(t, holds)
				}
			}()
		}
		synctest.Wait()
	})
}
