// Package delivery decides when a request is made, and whether it is made again: in which
// order, how many at a time, after which pauses. It knows neither Benthos nor LivePerson.
package delivery
