// Package browser_test drives the sandbox's page in a real Chromium. It is a module of its own, so that the other tests need Go
// alone. Without a Chromium, the tests are skipped, unless BROWSER_TESTS says that they must run.
package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// patience is how long a test waits for what must come. A test that passes does not wait for it.
const patience = 20 * time.Second

// allocator starts one browser for all tests. Each test has a page of its own.
var allocator = sync.OnceValues(func() (context.Context, error) {
	name := os.Getenv("CHROMIUM")
	for _, candidate := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			name, _ = exec.LookPath(candidate)
		}
	}
	if name == "" {
		return nil, fmt.Errorf("there is no Chromium: install it (apt-get install chromium), or set CHROMIUM to its path")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(name), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1440, 900),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true), chromedp.Flag("js-flags", "--expose-gc"))
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	return ctx, chromedp.Run(ctx)
})

func TestMain(m *testing.M) {
	if os.Getenv(envProcess) != "" {
		beProcess()
	}
	code := m.Run()
	if ctx, err := allocator(); err == nil {
		_ = chromedp.Cancel(ctx)
	}
	os.Exit(code)
}

// tab is one page of the browser with what went wrong in it.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu     sync.Mutex
	faults []string
	ended  bool // what comes afterwards is no fault
}

// open opens the page of a sandbox at an address after the #.
func open(t *testing.T, url, hash string, width, height int64) *tab {
	t.Helper()
	browser, err := allocator()
	if err != nil && os.Getenv("BROWSER_TESTS") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, url: url}
	chromedp.ListenTarget(ctx, b.listen)
	require.NoError(t, chromedp.Run(ctx)) // the tab ends with the context of its first run
	b.run(network.Enable(), log.Enable(), page.BringToFront(), emulation.SetFocusEmulationEnabled(true),
		chromedp.EmulateViewport(width, height), chromedp.Navigate(url+"/"+hash), chromedp.WaitVisible("#personal"))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		assert.Empty(t, b.faults, "errors, dialogs, refused content and requests to other hosts")
	})
	return b
}

// listen collects what must never happen.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, e.ExceptionDetails.Error())
	case *page.EventJavascriptDialogOpening:
		b.faults = append(b.faults, "a dialog: "+e.Message)
	case *log.EventEntryAdded:
		if e.Entry.Source == log.SourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy") {
			b.faults = append(b.faults, e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, b.url) && !strings.HasPrefix(e.Request.URL, "data:") && !strings.HasPrefix(e.Request.URL, "blob:") {
			b.faults = append(b.faults, "a request to "+e.Request.URL)
		}
	}
}

func (b *tab) run(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	err := chromedp.Run(ctx, actions...)
	if err != nil {
		b.shoot("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
	}
	require.NoError(b.t, err)
}

// see waits until a JavaScript expression is true.
func (b *tab) see(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	err := chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		for ok := false; !ok; { // chromedp.Poll makes a function of a text, which the page's policy forbids
			if err := chromedp.Evaluate(expression, &ok).Do(ctx); err != nil {
				return err
			}
			if !ok {
				if err := chromedp.Sleep(20 * time.Millisecond).Do(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	if err != nil {
		b.shoot("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
	}
	require.NoError(b.t, err, "%s\n%s", expression, b.text("body"))
}

// has waits until an element has a text.
func (b *tab) has(selector, text string) {
	b.t.Helper()
	b.see(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.textContent.replace(/\s+/g, ' ').includes(%q))`, selector, text))
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.run(chromedp.Click(selector, chromedp.NodeVisible))
}

func (b *tab) key(keys string) { b.t.Helper(); b.run(chromedp.KeyEvent(keys)) }

// write writes into a field at once.
func (b *tab) write(selector, text string) {
	b.t.Helper()
	quoted, err := json.Marshal(text)
	require.NoError(b.t, err)
	b.run(chromedp.Evaluate(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %s; for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind, { bubbles: true })); })()`, selector, quoted), nil))
}

// search writes into the search.
func (b *tab) search(text string) { b.t.Helper(); b.write("#search", text) }

// value returns the value of a JavaScript expression.
func value[T any](b *tab, expression string) (v T) {
	b.t.Helper()
	b.run(chromedp.Evaluate(expression, &v))
	return v
}

func (b *tab) text(selector string) (text string) {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	_ = chromedp.Run(ctx, chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q)?.innerText.slice(0, 3000) ?? ''`, selector), &text))
	return text
}

// shoot keeps a picture of the page in the folder that SCREENSHOTS names, if it is set.
func (b *tab) shoot(name string) {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	var picture []byte
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&picture)); err == nil {
		_ = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600)
	}
}

// start starts a sandbox.
func start(t *testing.T, options sandbox.Options) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(options)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// do sends a request to a sandbox and returns the answer.
func do(t *testing.T, method, url, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(text)
}

// report sends a report.
func report(t *testing.T, s *sandbox.Server, body string) {
	t.Helper()
	reportTo(t, s.URL, body)
}

// reportTo sends a report to the sandbox at an address.
func reportTo(t *testing.T, url, body string) {
	t.Helper()
	do(t, http.MethodPost, url+"/api/account/"+sandbox.DefaultAccountID+"/app/"+sandbox.DefaultAppInstallationID+"/report?v=1.0", body)
}

func cart(consumer string, total float64) string {
	return fmt.Sprintf(`{"consumerId":%q,"engagementAttributes":[{"type":"cart","total":%v,"currency":"EUR","numItems":1}]}`, consumer, total)
}

// awaitPromise makes an evaluation wait for the result of a promise.
func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// actionMetric reads one of the browser's numbers of the tab.
func actionMetric(name string, into *float64) func(context.Context) error {
	return func(ctx context.Context) error {
		all, err := performance.GetMetrics().Do(ctx)
		for _, m := range all {
			if m.Name == name {
				*into = m.Value
			}
		}
		return err
	}
}
