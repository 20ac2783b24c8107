package message

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	lmFieldClientID        = "client_id"
	lmFieldClientSecret    = "client_secret"
	lmFieldMessagingDomain = "messaging_domain"
	lmFieldSentinelDomain  = "sentinel_domain"
	lmFieldIDPDomain       = "idp_domain"
	lmFieldSwiftDomain     = "swift_domain"
	lmFieldFeatures        = "features"
	lmFieldConsumer        = "consumer"
	lmFieldAction          = "action"
	lmFieldConversation    = "conversation"
	lmFieldSkillID         = "skill_id"
	lmFieldTTR             = "ttr"
	lmFieldCampaignID      = "campaign_id"
	lmFieldEngagementID    = "engagement_id"
	lmFieldProfile         = "profile"
	lmFieldCloseScope      = "close_scope"
	lmFieldSplit           = "split"
	lmFieldMaxParts        = "max_parts"
	lmFieldOnTimeout       = "on_timeout"

	lmFieldCheckRichContent = "check_rich_content"
	lmFieldFileDownload     = "file_download"
	lmFieldMaxFileBytes     = "max_file_bytes"

	lmFieldBatching       = "batching"
	lmFieldRecover        = "recover"
	lmFieldRecoverTimeout = "recover_timeout"
)

// The values of the field close_scope, and of the content's member close.
const (
	scopeConversation = "conversation"
	scopeDialog       = "dialog"
)

// The values of the field on_timeout.
const (
	onTimeoutRetry = "retry"
	onTimeoutFail  = "fail"
)

// The values of the field file_download.
const (
	downloadContent = "content"
	downloadURL     = "url"
)

// The metadata that the components read and write.
const (
	metaConsumer       = "liveperson_consumer"
	metaEngagement     = "liveperson_engagement"
	metaConversationID = "liveperson_conversation_id"
	metaDialogID       = "liveperson_dialog_id"
	metaSequence       = "liveperson_sequence"
	metaMediaType      = "liveperson_media_type"
)

type config struct {
	account       settings.Config
	connector     liveperson.ConnectorOptions
	cache         string
	reading       reading
	failOnTimeout bool
	failRefused   bool // the setting on_refused_account of the output
	downloading   downloading
	requests      requests.Config
	receipts      receipt.Config

	recover        string
	recoverTimeout time.Duration
	credentials    liveperson.ReadCredentials // for recover: rest
}

// reading has the settings for reading messages.
type reading struct {
	consumer   *service.InterpolatedString
	action     *service.InterpolatedString
	skillID    *service.InterpolatedString
	ttr        *service.InterpolatedString
	campaign   *service.InterpolatedString
	engagement *service.InterpolatedString
	profile    *bloblang.Executor // nil: none
	closeScope string
	downloads  bool // the component can download files of agents

	checkRichContent bool

	split    bool
	maxParts int
}

// configFromParsed reads the fields that output and processor share.
func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	if c.account, err = settings.FromParsed(conf); err != nil {
		return
	}
	if c.connector, err = connectorFromParsed(conf); err != nil {
		return
	}
	if c.cache, err = conversation.FromParsed(conf); err != nil {
		return
	}
	if c.reading, err = readingFromParsed(conf); err != nil {
		return
	}
	onTimeout, err := enumFromParsed(conf, lmFieldOnTimeout, onTimeoutRetry, onTimeoutFail)
	if err != nil {
		return
	}
	c.failOnTimeout = onTimeout == onTimeoutFail
	if err = c.recoveryFromParsed(conf); err != nil {
		return
	}
	if c.requests, err = requests.FromParsed(conf); err != nil {
		return
	}
	c.receipts, err = receipt.FromParsed(conf)
	return
}

// readDownloading reads the fields of the processor alone.
func (c *config) readDownloading(conf *service.ParsedConfig) error {
	as, err := enumFromParsed(conf, lmFieldFileDownload, downloadContent, downloadURL)
	if err != nil {
		return err
	}
	c.reading.downloads, c.downloading.asURL = true, as == downloadURL
	c.downloading.maxBytes, err = maxFileBytes.FromParsed(conf)
	return err
}

const needsCredentials = lmFieldRecover + ": " + recoverREST + " and " + settings.Credentials + " go together: give both or neither"

func (c *config) recoveryFromParsed(conf *service.ParsedConfig) (err error) {
	if c.recover, err = settings.Enum(conf, lmFieldRecover, recoverWebhook, recoverREST, recoverOff); err != nil {
		return err
	}
	if c.recoverTimeout, err = settings.Duration(conf, lmFieldRecoverTimeout); err != nil {
		return err
	}
	if conf.Contains(settings.Credentials) {
		if c.credentials, err = settings.CredentialsFromParsed(conf); err != nil {
			return err
		}
	}
	if (c.credentials != liveperson.ReadCredentials{}) != (c.recover == recoverREST) {
		return errors.New(needsCredentials)
	}
	return nil
}

func connectorFromParsed(conf *service.ParsedConfig) (o liveperson.ConnectorOptions, err error) {
	for _, field := range []struct {
		name  string
		value *string
	}{
		{lmFieldClientID, &o.ClientID},
		{lmFieldClientSecret, &o.ClientSecret},
		{lmFieldMessagingDomain, &o.MessagingDomain},
		{lmFieldSentinelDomain, &o.SentinelDomain},
		{lmFieldIDPDomain, &o.IDPDomain},
		{lmFieldSwiftDomain, &o.SwiftDomain},
	} {
		if *field.value, err = conf.FieldString(field.name); err != nil {
			return
		}
	}
	if err = settings.CheckID(lmFieldClientID, o.ClientID); err != nil {
		return
	}
	if err = settings.CheckSecret(lmFieldClientSecret, o.ClientSecret); err != nil {
		return
	}
	o.Features, err = settings.Items(conf, lmFieldFeatures)
	return
}

func readingFromParsed(conf *service.ParsedConfig) (r reading, err error) {
	for _, field := range []struct {
		path  []string
		value **service.InterpolatedString
	}{
		{[]string{lmFieldConsumer}, &r.consumer},
		{[]string{lmFieldAction}, &r.action},
		{[]string{lmFieldConversation, lmFieldSkillID}, &r.skillID},
		{[]string{lmFieldConversation, lmFieldTTR}, &r.ttr},
		{[]string{lmFieldConversation, lmFieldCampaignID}, &r.campaign},
		{[]string{lmFieldConversation, lmFieldEngagementID}, &r.engagement},
	} {
		if *field.value, err = conf.FieldInterpolatedString(field.path...); err != nil {
			return
		}
	}
	if static, is := r.action.Static(); is {
		if _, err = parseAction(static); err != nil {
			return
		}
	}
	if err = r.checkConversation(); err != nil {
		return
	}
	if conf.Contains(lmFieldConversation, lmFieldProfile) {
		if r.profile, err = conf.FieldBloblang(lmFieldConversation, lmFieldProfile); err != nil {
			return
		}
	}
	if r.closeScope, err = enumFromParsed(conf, lmFieldCloseScope, scopes...); err != nil {
		return
	}
	if r.split, err = settings.Switch(conf, lmFieldSplit); err != nil {
		return
	}
	if r.checkRichContent, err = settings.Switch(conf, lmFieldCheckRichContent); err != nil {
		return
	}
	r.maxParts, err = maxParts.FromParsed(conf)
	return
}

// numberPattern matches LivePerson's numeric ids. The skill -1 means any skill.
const numberPattern = "^(-?[0-9]+)?$"

var numeric = regexp.MustCompile(numberPattern)

func notNumber(name string) string {
	return lmFieldConversation + "." + name + ": expected a number, LivePerson's id"
}

// checkConversation checks the ids and the urgency that are constants.
func (r reading) checkConversation() error {
	for name, field := range map[string]*service.InterpolatedString{
		lmFieldSkillID: r.skillID, lmFieldCampaignID: r.campaign, lmFieldEngagementID: r.engagement,
	} {
		if text, is := field.Static(); is && !numeric.MatchString(text) {
			return errors.New(notNumber(name))
		}
	}
	if text, is := r.ttr.Static(); is && text != "" && !slices.Contains(ttrs, strings.ToUpper(text)) {
		return fmt.Errorf("%s.%s: expected one of %s", lmFieldConversation, lmFieldTTR, strings.Join(ttrs, ", "))
	}
	if given(r.campaign) != given(r.engagement) {
		return errors.New(togetherOnly)
	}
	return nil
}

func given(field *service.InterpolatedString) bool {
	text, static := field.Static()
	return !static || text != ""
}

// enumFromParsed reads a field with a fixed set of values. Case does not matter, as in
// Benthos' lint.
func enumFromParsed(conf *service.ParsedConfig, field string, options ...string) (string, error) {
	text, err := conf.FieldString(field)
	if err != nil {
		return "", err
	}
	return oneOf(field, text, options...)
}
