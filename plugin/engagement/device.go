package engagement

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// LivePerson's values: Monitoring API, engagement; App Engagement API, create session.
var (
	deviceFamilies   = []string{"DESKTOP", "TABLET", "MOBILE"}
	operatingSystems = []string{"WINDOWS", "MAC_OSX", "LINUX", "IOS", "ANDROID"}
	appTypes         = []string{appTypeMSDK, appTypeExternal}
)

// device says where a method has what is known of the consumer's device, and which
// addresses it takes.
type device struct {
	member  string
	fits    func(netip.Addr) bool
	address string
}

var (
	monitoringDevice = device{memberDevice, netip.Addr.Is4, "an IPv4 address, such as 192.0.2.1"}
	appDevice        = device{memberAppDevice, netip.Addr.IsValid, "an IP address, such as 192.0.2.1 or 2001:db8::1"}
)

// checkDevice checks what is said of the device. The Monitoring API's table calls the
// operating system os, its samples osName: both are taken. Other members go as they are.
func checkDevice(said map[string]any, d device) error {
	value, exists := said[d.member]
	if !exists {
		return nil
	}
	device, ok := value.(map[string]any)
	if !ok {
		return errors.New(d.member + ": expected an object")
	}
	for name, allowed := range map[string][]string{"deviceFamily": deviceFamilies, "os": operatingSystems, "osName": operatingSystems} {
		if device[name] == nil {
			continue
		}
		if err := oneOf(d.member+"."+name, device[name], allowed); err != nil {
			return err
		}
	}
	return d.checkAddress(device["ipAddress"])
}

func (d device) checkAddress(value any) error {
	if value == nil {
		return nil
	}
	text, _ := value.(string)
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" || !d.fits(address) {
		return fmt.Errorf("%s.ipAddress: expected %s; leave it out if it is not known", d.member, d.address)
	}
	return nil
}

func oneOf(path string, value any, allowed []string) error {
	if text, ok := value.(string); ok && slices.Contains(allowed, text) {
		return nil
	}
	return fmt.Errorf("%s: expected one of %s", path, strings.Join(allowed, ", "))
}
