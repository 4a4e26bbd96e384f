// Package twilio tells requests of Twilio from those of anybody else. Text
// messages and calls share it.
//
// A request is believed only if the signature that Twilio computes over the
// configured public address, the path and query as they arrived, and the raw
// body holds under one of the account's auth tokens. What a proxy says of the
// address (X-Forwarded-*) is never looked at.
//
// Signatures carry no time: a request that was seen once can be sent again by
// whoever saw it. What works a request makes repeats harmless by the provider's
// own identifier.
package twilio
