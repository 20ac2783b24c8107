package engagement

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"
)

// The values that LivePerson documents for the engagement method (Monitoring API) and for creating
// a session (App Engagement API).
var (
	deviceFamilies   = []string{"DESKTOP", "TABLET", "MOBILE"}
	operatingSystems = []string{"WINDOWS", "MAC_OSX", "LINUX", "IOS", "ANDROID"}
	appTypes         = []string{appTypeMSDK, appTypeExternal}
)

// device has the name of a method's member for the consumer's device, and says which IP addresses
// the method accepts.
type device struct {
	member  string
	fits    func(netip.Addr) bool
	address string
}

var (
	monitoringDevice = device{memberDevice, netip.Addr.Is4, "an IPv4 address, such as 192.0.2.1"}
	appDevice        = device{memberAppDevice, netip.Addr.IsValid, "an IP address, such as 192.0.2.1 or 2001:db8::1"}
)

// checkDevice checks the device and removes null members. In LivePerson's documentation of
// the Monitoring API, the table calls the operating system os and the samples call it osName.
// Both names are accepted. Other members stay unchanged.
func checkDevice(members map[string]any, d device) error {
	value, exists := members[d.member]
	if !exists {
		return nil
	}
	given, ok := value.(map[string]any)
	if !ok {
		return errors.New(d.member + ": expected an object")
	}
	known := make(map[string]any, len(given)) // a copy, because the value may belong to the message
	for name, value := range given {
		if value != nil {
			known[name] = value
		}
	}
	for _, one := range deviceMembers {
		value, exists := known[one.name]
		if !exists {
			continue
		}
		if err := one.check(d.member+"."+one.name, value); err != nil {
			return err
		}
	}
	for _, value := range known { // encoding/json would replace invalid bytes
		if text, is := value.(string); is && !utf8.ValidString(text) {
			return errors.New(d.member + ": a member is not UTF-8")
		}
	}
	members[d.member] = known
	return d.checkAddress(known["ipAddress"])
}

// deviceMembers are the members with fixed rules that are the same for both APIs. The rule for
// the address differs.
var deviceMembers = []struct {
	name  string
	check func(path string, value any) error
}{
	{"deviceFamily", isOneOf(deviceFamilies)},
	{"os", isOneOf(operatingSystems)},
	{"osName", isOneOf(operatingSystems)},
	{"osVersion", isText},
	{"appVersion", isText},
}

func (d device) checkAddress(value any) error {
	if value == nil {
		return nil
	}
	text, _ := value.(string)
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" || !d.fits(address) {
		return fmt.Errorf("%s.ipAddress: expected %s; leave the member out if the address is unknown", d.member, d.address)
	}
	return nil
}

func isOneOf(allowed []string) func(path string, value any) error {
	return func(path string, value any) error { return oneOf(path, value, allowed) }
}

func isText(path string, value any) error {
	text, ok := value.(string)
	switch {
	case !ok:
		return errors.New(path + ": expected text")
	case !utf8.ValidString(text):
		return errors.New(path + ": is not UTF-8")
	}
	return nil
}

func oneOf(path string, value any, allowed []string) error {
	if text, ok := value.(string); ok && slices.Contains(allowed, text) {
		return nil
	}
	return fmt.Errorf("%s: expected one of %s", path, strings.Join(allowed, ", "))
}
