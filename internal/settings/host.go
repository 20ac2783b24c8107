package settings

import "strings"

// HostLint returns the lint rule of a field that holds a host or a base URL, as
// liveperson.ParseBaseURL reads it. The rule accepts an empty value, which is the default of some
// fields. It accepts a value with a variable, because Benthos does not replace variables when it
// lints examples in Markdown files. The rule does not repeat the value, which may contain a
// password.
func HostLint(field string) string { return strings.ReplaceAll(hostLint, "{field}", field) }

const hostLint = `root = if this.contains("${") { [] } else if this.contains("@") {
  "{field}: must not hold a user name or password"
} else if this.re_match("^(?i:http)://") && !this.re_match("^(?i:http)://((?i:localhost)|127[.][0-9]+[.][0-9]+[.][0-9]+|\\[[0:]*:0*1\\])(:[0-9]*)?/?$") {
  "{field}: plain http is for loopback addresses only; use https"
} else if this.re_match("^[A-Za-z][A-Za-z0-9+.-]*://") && !this.re_match("^(?i:https?)://") {
  "{field}: the scheme must be https"
} else if this != "" && !this.re_match("^((?i:https?)://)?(\\[[0-9A-Fa-f:.]+\\]|[^][[:space:][:cntrl:]/?#:%@\\\\]+)(:[0-9]*)?/?$") {
  "{field}: expected a host, host:port or URL without a path"
}`

// proxyLint is the lint rule of proxy_url. It does not repeat the value, which may contain a
// password.
const proxyLint = `root = if this != "" && !this.contains("${") && !this.re_match("^(?i:https?|socks5h?)://(.*@)?(\\[[0-9A-Fa-f:.]+\\]|[^][[:space:][:cntrl:]/?#:@\\\\]+)(:[0-9]*)?/?$") {
  "` + aFieldProxyURL + `: expected a URL with one of the schemes http, https, socks5 and socks5h, and a host, such as http://proxy.example.com:3128"
}`
