-- a policy that is a number => load: a policy returns a table with act .*; this one returns a number
return 7
