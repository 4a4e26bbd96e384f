package ticketingtest

import (
	"reflect"
	"time"
)

var timeType = reflect.TypeFor[time.Time]()

// copyOf gives a deep copy as a database would give it back: it shares nothing
// that can be changed with the original, and its instants are UTC, cut to
// microseconds.
func copyOf[T any](v T) T {
	out := copyValue(reflect.ValueOf(&v).Elem())
	return out.Interface().(T)
}

func copyValue(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == timeType {
			at, _ := v.Interface().(time.Time)
			out.Set(reflect.ValueOf(at.UTC().Truncate(time.Microsecond)))
			return out
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(copyValue(v.Field(i)))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			return out
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		if v.Type().Elem().Kind() <= reflect.Complex128 || v.Type().Elem().Kind() == reflect.String {
			reflect.Copy(out, v)
			return out
		}
		for i := range v.Len() {
			out.Index(i).Set(copyValue(v.Index(i)))
		}
	case reflect.Map:
		if v.IsNil() {
			return out
		}
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for _, k := range v.MapKeys() {
			out.SetMapIndex(k, copyValue(v.MapIndex(k)))
		}
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return out
		}
		inner := copyValue(v.Elem())
		if v.Kind() == reflect.Interface {
			out.Set(inner)
			return out
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(inner)
	default: // plain values were copied above
	}
	return out
}
