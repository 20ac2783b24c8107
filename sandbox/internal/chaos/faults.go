package chaos

import "slices"

// FaultKind describes one thing that a rule can do to a call.
type FaultKind struct {
	// Name is the name of the member in a rule.
	Name string
	// Type is the member's JSON type: string, integer or boolean.
	Type string
	// Values are all values of the member. nil: any value of the type.
	Values []string
	// Effect says what happens to the call.
	Effect string
	// Parameters are members that a rule may have together with this one.
	Parameters []Parameter
	// Combines says that a rule may have this fault together with another one.
	Combines bool
}

// Parameter is a member of a rule that adds details to a fault.
type Parameter struct{ Name, Type, Effect string }

// faultKinds is the table of faults. The parser, docs/sandbox.md and the OpenAPI document are made from it.
var faultKinds = []FaultKind{
	{Name: "latency", Type: "string", Combines: true, Effect: "The sandbox waits for this long, such as `2s`, before it does anything else."},
	{Name: "status", Type: "integer", Effect: "The sandbox answers with this status, from 200 to 599, and does not take the call.", Parameters: []Parameter{
		{"code", "integer", "LivePerson's `internalCode`, or `errorCode` in messaging"},
		{"message", "string", "the message of the answer"},
		{"retry_after", "string", "the header `Retry-After`, as a duration"},
		{"retry_after_date", "boolean", "`Retry-After` is a date instead of seconds"},
	}},
	{Name: "loading", Type: "boolean", Effect: "The sandbox answers as a loading account does. Only `report`, `engagement` and `app_engagement` calls match such a rule."},
	{Name: "connection", Type: "string", Values: []string{BeforeReset, AfterReset, BeforeTimeout, AfterTimeout}, Effect: "The sandbox resets the connection, or never answers. With `_after` in the name, it takes the call first."},
	{Name: "body", Type: "string", Values: []string{BodyTruncated, BodyMalformed}, Effect: "The sandbox takes the call and sends half of the answer. With `truncated`, `Content-Length` promises all of it."},
	{Name: "vanish", Type: "string", Effect: "The sandbox accepts the call but does not store the engagement attributes of this type, such as `cart`, or of every type with `all`. Only `report`, `engagement`, `app_engagement` and `engagement_attributes` calls match such a rule.", Parameters: []Parameter{
		{"member", "string", "only this member of the attributes vanishes, such as `total` or `products.0.product.name`"},
	}},
	{Name: "content_type", Type: "string", Combines: true, Effect: "The answer has this content type and is otherwise unchanged. It does not go with `status` or `connection`."},
}

// FaultKinds returns the table of faults.
func FaultKinds() []FaultKind { return slices.Clone(faultKinds) }

// valuesOf returns the values that a fault's member may have.
func valuesOf(name string) []string {
	for _, f := range faultKinds {
		if f.Name == name {
			return f.Values
		}
	}
	return nil
}

// Endpoints returns the endpoints that a rule may name.
func Endpoints() []string { return slices.Clone(endpoints) }
