package liveperson

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// An answer may repeat parts of the request, in any spelling: ids, texts, tokens. So errors
// contain only known words of an answer: the names of members of requests, and the phrases of this
// table. All other words are left out.

// fieldNames are the members of requests, including those of engagement attributes.
var fieldNames = words(`
	accountName acr actionableItems address affiliate age appDetails appType appVersion authenticatedData balance body brandId
	campaign campaignId campaignInfo cart category channel channelType chatState clientProperties closedCause code company
	companyBranch companySize consumerId consumerSections contacts contentType contextId conversationContext
	conversationField conversationId conversationState country csatRate csatResolutionConfirmation cstatus ctmrinfo ctype
	currency customerId day deviceFamily dialog dialogId eContext email engId engagementAttributes engagementId entryPoints
	error event expanded ext_consumer_id field fileSize fileType firstname gender id identities imei impAccept impAttributes
	impClose impDisplay impExpanded impTimeout info interactionContextId ipAddress iss keywords kind lang language
	lastPaymentDate lastname lead leadId level loginStatus lp_sdes marketingCampaignInfo message metadata month mrktInfo name
	numItems obh orderId os osName osVersion pageId personal phone phoneType preview price prodView product products purchase
	quantity quantityInStock region registrationDate relativePath resolved revision role searchContent searchInfo sequenceList
	service serviceActivity serviceId sessionId sid skillId sku socialId state status statusInStock storeNumber storeZipCode
	sub topic total ttrDefName type userInit userName value vid viewedProduct visitorId year
	client_id client_secret grant_type temp_url_expires temp_url_sig`)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	return set
}

// phrases are from LivePerson's pages, samples and captured answers, and from HTTP and OAuth 2.0.
// A phrase stands before the shorter phrases that it begins with.
var phrases = []string{
	"Account is not loaded", "Account not loaded", "Account timed out", "Bad account id", "Bad app installation id", "Bad data",
	"Bad session id", "Bad site", "Bad version", "Bad visitor id", "Illegal Version", "Invalid account id", "Session not found",
	"Temporarily unavailable", "Unable to parse the body", "Unexpected server error", "Unexpected error",

	"AppJWT has expired or is invalid", "AppJWT is missing", "AUTHORIZATION header is not present", "Brand Id is missing",
	"ConsumerJWS is invalid", "ConsumerJWS is missing", "Failed to connect to AC for setting delay", "Invalid AppJWT",
	"Invalid ConsumerJWS", "Missing parameter", "Unable to access resource", "X_ON_BEHALF_HEADER is not present", "jwt expired",

	"Consumer request conversation failed", "already has open conversation", "Can't open another one", "Conversation is close",
	"the conversation is closed", "the dialog is closed", "there is no such conversation", "there is no such dialog",

	"access_denied", "invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "server_error",
	"temporarily_unavailable", "unauthorized_client", "unsupported_grant_type",

	"Bad Gateway", "Bad Request", "Forbidden", "Gateway Timeout", "Internal Server Error", "Method Not Allowed",
	"Payload Too Large", "Service Unavailable", "Too Many Requests", "Unauthorized", "Unsupported Media Type", "Not Found",

	"is invalid", "is malformed", "is mandatory", "is missing", "is not valid", "is required", "must not be empty", "must not be null",
}

var (
	fieldPath = `[A-Za-z][A-Za-z0-9_]*(?:\[[0-9]{1,3}\])*(?:\.[A-Za-z][A-Za-z0-9_]*(?:\[[0-9]{1,3}\])*)*`
	// wholeField is a message that names a member and nothing else, such as consumerId.
	wholeField = regexp.MustCompile(`^` + fieldPath + `$`)
	segment    = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_]*`)
	// known matches a phrase (the group) or a possible name of a member.
	known = regexp.MustCompile(`(?i:(` + quoted(phrases) + `))|` + fieldPath)
	// between matches a text between known words that may be printed.
	between = regexp.MustCompile(`^[ :;,.'"()-]{0,3}$`)
)

func quoted(list []string) string {
	escaped := make([]string, len(list))
	for i, phrase := range list {
		escaped[i] = regexp.QuoteMeta(phrase)
	}
	return strings.Join(escaped, "|")
}

// isField returns whether a text names a member of a request, such as
// engagementAttributes[0].type.
func isField(text string) bool {
	if !wholeField.MatchString(text) {
		return false
	}
	return !slices.ContainsFunc(segment.FindAllString(text, -1), func(name string) bool { return !fieldNames[name] })
}

// isDistinct returns whether a member's name can't be an ordinary word such as type or name.
func isDistinct(text string) bool {
	return strings.ContainsAny(text, "._[") || strings.ToLower(text) != text
}

// knownWords returns the part of a server's text that may be printed: names of members and known
// phrases, with … for the rest. It returns "" if nothing is known.
func knownWords(text string) string {
	text = strings.TrimSpace(text)
	if isField(text) {
		return text
	}
	var out strings.Builder
	end, found := 0, false
	for _, at := range known.FindAllStringSubmatchIndex(text, -1) {
		start, stop := at[0], at[1]
		if !wordAt(text, start, stop) {
			continue
		}
		word := text[start:stop]
		if at[2] < 0 && !(isField(word) && (isDistinct(word) || start == 0)) {
			continue
		}
		out.WriteString(gap(text[end:start], out.Len() == 0))
		out.WriteString(word)
		end, found = stop, true
	}
	if !found {
		return ""
	}
	if rest := text[end:]; between.MatchString(rest) {
		out.WriteString(strings.TrimRight(rest, " "))
	} else {
		out.WriteString(" …")
	}
	return out.String()
}

// gap returns the replacement for the text before a known word.
func gap(text string, first bool) string {
	switch {
	case between.MatchString(text):
		return text
	case first:
		return "… "
	}
	return " … "
}

// wordAt returns whether a part of a text is a whole word.
func wordAt(text string, start, stop int) bool {
	const inWords = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-@%+/=&"
	before := start == 0 || text[start-1] < 0x80 && !strings.ContainsRune(inWords, rune(text[start-1]))
	after := stop == len(text) || text[stop] < 0x80 && !strings.ContainsRune(inWords, rune(text[stop]))
	return before && after
}

// notHTTP matches the description in an error of net/http, without the part of the answer that
// the error quotes.
var notHTTP = regexp.MustCompile(`malformed (?:HTTP (?:response|version|status code)|MIME header(?: initial line| line)?(?:: missing colon)?|chunked encoding)` +
	`|bad Content-Length|invalid empty Content-Length|multiple Content-Length headers|unsupported transfer encoding|invalid header field name` +
	`|too many transfer encodings|server response headers exceeded [0-9]+ bytes|server gave HTTP response to HTTPS client` +
	`|server closed idle connection|http2: (?:server sent GOAWAY|client connection lost|Transport received|response header list larger|timeout awaiting)` +
	`|connection error: [A-Z_]+|stream error: stream ID [0-9]+; [A-Z_]+|TLS handshake timeout|invalid URL escape|stopped after`)

// ofTLS matches errors of crypto/tls that quote nothing from the server.
var ofTLS = regexp.MustCompile(`^tls: [A-Za-z ,]+$`)

// NetworkWords describes an error of an HTTP client, without anything that the server sent.
func NetworkWords(err error) string {
	for _, ours := range []error{errHalfSent, errUnasked, errProxySettings} {
		if errors.Is(err, ours) {
			return ours.Error()
		}
	}
	var refused *proxyRefusal
	var operation *net.OpError
	var lookup *net.DNSError
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var number syscall.Errno
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.As(err, &certificate):
		return certificate.Error()
	case errors.As(err, &alert):
		return alert.Error()
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return "server gave HTTP response to HTTPS client"
	case errors.As(err, &record):
		return record.Msg
	case errors.As(err, &lookup):
		return lookup.Error()
	case errors.As(err, &operation):
		return operation.Error()
	case errors.As(err, &number):
		return number.Error()
	case errors.Is(err, context.Canceled):
		return context.Canceled.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before the answer"
	}
	if around := (*url.Error)(nil); errors.As(err, &around) {
		err = around.Err
	}
	if text := err.Error(); ofTLS.MatchString(text) {
		return text
	}
	if found := notHTTP.FindString(err.Error()); found != "" {
		return found
	}
	return "the connection failed"
}
