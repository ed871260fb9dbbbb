-- the worker ends while the policy is loaded => load: the worker ended with status 0 [escape]
escape.leave(0)
