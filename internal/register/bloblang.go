package register

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

// call does something for Bloblang. A panic is an error, which fails the mapping and so
// the message.
func call(do func() (any, error)) (value any, err error) {
	err = panics.Do(func() (err error) {
		value, err = do()
		return err
	})
	if err != nil {
		err = seeBloblang(err)
	}
	return value, err
}

// Function makes of a function's constructor one whose functions do not panic.
func Function(construct bloblang.FunctionConstructorV2) bloblang.FunctionConstructorV2 {
	return func(args *bloblang.ParsedParams) (bloblang.Function, error) {
		function, err := construct(args)
		if err != nil {
			return nil, err
		}
		return func() (any, error) { return call(function) }, nil
	}
}

// Method does the same for a method.
func Method(construct bloblang.MethodConstructorV2) bloblang.MethodConstructorV2 {
	return func(args *bloblang.ParsedParams) (bloblang.Method, error) {
		method, err := construct(args)
		if err != nil {
			return nil, err
		}
		return func(target any) (any, error) {
			return call(func() (any, error) { return method(target) })
		}, nil
	}
}

// AdvancedMethod does the same for an advanced method.
func AdvancedMethod(construct bloblang.AdvancedMethodConstructor) bloblang.AdvancedMethodConstructor {
	return func(args *bloblang.ParsedParams) (bloblang.AdvancedMethod, error) {
		method, err := construct(args)
		if err != nil {
			return nil, err
		}
		return func(ctx *bloblang.ExecContext, target *bloblang.ExecFunction) (any, error) {
			return call(func() (any, error) { return method(ctx, target) })
		}, nil
	}
}
