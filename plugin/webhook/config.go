package webhook

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	vFieldAccountID        = "account_id"
	vFieldClientID         = "client_id"
	vFieldClientSecrets    = "client_secrets"
	vFieldRequireSHA256    = "require_sha256"
	vFieldPath             = "path"
	vFieldAddress          = "address"
	vFieldCertFile         = "cert_file"
	vFieldKeyFile          = "key_file"
	vFieldEvents           = "events"
	vFieldOwnMessages      = "own_messages"
	vFieldInternalMessages = "internal_messages"
	vFieldAllConversations = "all_conversations"
	vFieldAckTimeout       = "ack_timeout"
	vFieldMaxBodyBytes     = "max_body_bytes"
	vFieldDedupeCache      = "dedupe_cache"
	vFieldMaxDeliveries    = "max_deliveries"
	vFieldPoison           = "poison"
)

const (
	// patience is the least time that LivePerson waits for an answer (Connector API, notification
	// protocol; an older page has 10 s).
	patience = 5 * time.Second

	tooPatient = "must be less than 5s: after 5s LivePerson counts a notification as failed"
	// longestRetention is the longest time for which an app can make LivePerson repeat a
	// notification (Connector API, retry policy).
	longestRetention = 3 * 24 * time.Hour
)

type config struct {
	accountID     string
	clientID      string
	clientSecrets []string
	requireSHA256 bool

	path     string
	address  string // empty: Benthos' own server
	certFile string
	keyFile  string

	events           map[string]bool // by kind
	ownMessages      bool
	internalMessages bool
	allConversations bool

	ackTimeout        time.Duration
	maxBodyBytes      int
	dedupeCache       string // empty: in this process
	conversationCache string // empty: in this process

	maxDeliveries int // 0: no limit
	poison        *service.OwnedOutput
}

func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	texts := map[string]*string{
		vFieldAccountID: &c.accountID, vFieldClientID: &c.clientID,
		vFieldPath: &c.path, vFieldAddress: &c.address, vFieldCertFile: &c.certFile, vFieldKeyFile: &c.keyFile,
		vFieldDedupeCache: &c.dedupeCache,
	}
	for name, value := range texts {
		if *value, err = conf.FieldString(name); err != nil {
			return
		}
	}
	switches := map[string]*bool{
		vFieldRequireSHA256: &c.requireSHA256,
		vFieldOwnMessages:   &c.ownMessages, vFieldInternalMessages: &c.internalMessages, vFieldAllConversations: &c.allConversations,
	}
	for name, value := range switches {
		if *value, err = settings.Switch(conf, name); err != nil {
			return
		}
	}
	secrets, err := conf.FieldStringList(vFieldClientSecrets)
	if err != nil {
		return
	}
	// An environment variable that is not set and has the default "" leaves an empty secret.
	c.clientSecrets = slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return s == "" })
	events, err := conf.FieldStringList(vFieldEvents)
	if err != nil {
		return
	}
	if c.events, err = eventTypesFromParsed(events); err != nil {
		return
	}
	if c.ackTimeout, err = settings.Duration(conf, vFieldAckTimeout); err != nil {
		return
	}
	if c.maxBodyBytes, err = maxBodyBytes.FromParsed(conf); err != nil {
		return
	}
	if c.conversationCache, err = conversation.FromParsed(conf); err != nil {
		return
	}
	if c.maxDeliveries, err = maxDeliveries.FromParsed(conf); err != nil {
		return
	}
	if err = c.check(); err != nil {
		return
	}
	if conf.Contains(vFieldPoison) != (c.maxDeliveries > 0) {
		return c, errors.New(needsPoison)
	}
	if c.maxDeliveries == 0 {
		return
	}
	c.poison, err = conf.FieldOutput(vFieldPoison)
	return
}

// check finds errors that the lint can't, for example in environment variables that are not set
// when the lint runs.
func (c config) check() error {
	switch {
	case c.accountID == "":
		return errors.New(vFieldAccountID + ": is empty: give the account's id")
	case settings.CheckAccountID(c.accountID) != nil:
		return settings.CheckAccountID(c.accountID)
	case c.clientID == "":
		return errors.New(vFieldClientID + ": is empty: give the id of the installed app")
	case settings.CheckID(vFieldClientID, c.clientID) != nil:
		return settings.CheckID(vFieldClientID, c.clientID)
	case len(c.clientSecrets) == 0:
		return errors.New(noSecret)
	case checkSecrets(c.clientSecrets) != nil:
		return checkSecrets(c.clientSecrets)
	case !strings.HasPrefix(c.path, "/") || path.Clean(c.path) != c.path || strings.ContainsAny(c.path, "{}?#% "):
		return errors.New(notPath)
	case c.address != "" && !isAddress(c.address):
		return errors.New(notAddress)
	case (c.certFile == "") != (c.keyFile == ""):
		return errors.New(needsBoth)
	case c.certFile != "" && c.address == "":
		return errors.New(needsAddress)
	case c.ackTimeout >= patience:
		return errors.New(vFieldAckTimeout + ": " + tooPatient)
	}
	return nil
}

func eventTypesFromParsed(events []string) (map[string]bool, error) {
	kinds := map[string]bool{}
	for _, name := range events {
		if _, known := eventTypes[name]; !known {
			return nil, fmt.Errorf("%s: there is no %q, only %s", vFieldEvents, name, strings.Join(eventTypeNames, ", "))
		}
		kinds[name] = true
	}
	if len(kinds) == 0 {
		return nil, errors.New(vFieldEvents + ": name at least one type")
	}
	return kinds, nil
}

func checkSecrets(secrets []string) (err error) {
	for _, secret := range secrets {
		err = cmp.Or(err, settings.CheckSecret(vFieldClientSecrets, secret))
	}
	return err
}

// isAddress returns whether a server can listen on an address. An empty host means all addresses
// of this machine.
func isAddress(text string) bool {
	host, port, err := net.SplitHostPort(text)
	number, errPort := strconv.ParseUint(port, 10, 16)
	return err == nil && errPort == nil && strconv.FormatUint(number, 10) == port && !strings.ContainsAny(host, "/ @?#%{}")
}

var (
	maxDeliveries = settings.Count{Name: vFieldMaxDeliveries, Least: 0, Most: mostMaxDeliveries}

	maxBodyBytes = settings.Count{Name: vFieldMaxBodyBytes, Least: 1, Most: mostMaxBodyBytes}
)

var eventTypeNames = slices.Sorted(maps.Keys(eventTypes))

const (
	noSecret   = vFieldClientSecrets + ": is empty: give the installed app's client_secret"
	notPath    = vFieldPath + ": expected a path such as " + defaultPath
	notAddress = vFieldAddress + ": expected a host and a port from 0 to 65535, such as " + defaultAddress

	// addressLintPattern is isAddress for a lint rule.
	addressLintPattern = `^(\\[[0-9A-Fa-f:.]+\\]|[^][:/ @?#%{}]*):(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$`

	needsPoison  = vFieldMaxDeliveries + " and " + vFieldPoison + ": give both, or neither"
	needsBoth    = vFieldCertFile + " and " + vFieldKeyFile + ": give both, or neither"
	needsAddress = vFieldCertFile + " and " + vFieldKeyFile + " need " + vFieldAddress + "; for Benthos' own server, set http.cert_file and http.key_file"
)
